// F6: workers join and leave all the time, in good order or not. Partitions wander, and calls with them.
import { lasting, more } from '../moments.ts';
import { between, pick } from '../random.ts';
import type { Scenario } from '../scenario.ts';

const most = 4;

export const comingAndGoing: Scenario = {
  id: 'F6',
  name: 'workers join and leave every 3 s for a minute',
  holds: [1, 2, 3, 8],
  inCi: false,
  system: { workers: 2 },
  async run({ system, load, random, note, healed, terminate }) {
    load.begin({ perSecond: 150 });
    await more(load, 100);
    const seen = { joined: 0, left: 0, killed: 0 };
    const starts = new Set<Promise<unknown>>();
    for (const end = performance.now() + 60_000; performance.now() < end; await lasting(3_000)) {
      const alive = system.workers.filter(({ alive: lives }) => lives);
      const grows = alive.length <= 1 || (alive.length + starts.size < most && random() < 0.5);
      if (grows) {
        seen.joined++;
        const dead = system.workers.find(({ alive: lives }) => !lives);
        // One that is killed while it starts never gets ready.
        const start = Promise.allSettled([dead === undefined ? system.startWorker() : dead.restart()]);
        starts.add(start);
        start.then(() => starts.delete(start));
      } else if (random() < 0.5) {
        seen.killed++;
        await pick(random, alive).kill();
      } else {
        seen.left++;
        await terminate(pick(random, alive));
      }
      note(JSON.stringify(seen));
      await lasting(between(random, 0, 200));
    }
    await Promise.all(starts);
    healed();
    await more(load, 100);
    return `${seen.joined} joined, ${seen.left} left, ${seen.killed} were killed`;
  },
};
