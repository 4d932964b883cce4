// F5: a function that computes on the event loop for longer than the session. Its worker can neither send heartbeats nor
// hear that its partitions are gone; what it does next must not count.
import { sessionTimeoutMs } from '../fault-system.ts';
import { fencedOut, logged, more } from '../moments.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

export const blockedWorker: Scenario = {
  id: 'F5',
  name: 'a function blocks its worker for longer than the session',
  holds: [2, 9],
  inCi: true,
  system: { workers: 2 },
  async run({ system, load, random, note, healed }) {
    load.begin({ perSecond: 100 });
    await more(load, 100);
    const marks = system.workers.map((worker) => worker.logs().length);
    const ms = sessionTimeoutMs + between(random, 2_000, 4_000);
    const id = `blocks-${ms}`;
    // Whoever takes the partition over runs it again, and is blocked as well, until it is given up.
    const { outcome } = await load.put({ type: 'fault.block', id, payload: { ms }, expects: ['succeeded', 'dead'] });
    must(outcome === 'acked', 'the call that blocks was not accepted');
    const lines = await Promise.race(system.workers.map((worker, i) => logged(worker, fencedOut, marks[i], 90_000)));
    note(lines);
    healed();
    await more(load, 100);
    return `blocked for ${ms} ms; seen fenced out`;
  },
};
