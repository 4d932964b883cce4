// F9: Kafka freezes, then nothing reaches it, then it is far away, then connections break all the time.
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';

export const badNetwork: Scenario = {
  id: 'F9',
  name: 'Kafka freezes, is cut off, is far away, resets',
  holds: [1, 2, 3],
  inCi: false,
  system: { workers: 2 },
  async run({ system, stack, load, random, note, healed }) {
    const { kafka } = system.proxy;
    load.begin({ perSecond: 150 });
    await more(load, 100);

    stack.signal('kafka', 'SIGSTOP');
    await lasting(20_000);
    stack.signal('kafka', 'SIGCONT');
    note('frozen for 20 s');
    await more(load, 50);

    kafka.blackHole(true);
    await lasting(40_000);
    kafka.blackHole(false);
    note('black hole for 40 s');
    await more(load, 50);

    kafka.delay(() => between(random, 100, 500));
    await lasting(20_000);
    kafka.delay(() => 0);
    note('300 ms ± 200 away for 20 s');
    await more(load, 50);

    for (let i = 0; i < 4; i++) {
      kafka.reset();
      await lasting(5_000);
    }
    note('connections reset every 5 s');
    healed();
    await more(load, 100);
    return 'frozen 20 s, black hole 40 s, 300 ms ± 200 for 20 s, 4 resets';
  },
};
