// F18: Kafka forgets the identity of an owner that is stopped, so the next one gets another producer id, and its fence fences
// nobody. The takeover must say so and wait; the old owner must find out by itself that it was stopped.
import { fencedOut, lasting, logged, more } from '../moments.ts';
import { must, type Scenario } from '../scenario.ts';

const forgottenAfterMs = 4_000;

export const identityForgotten: Scenario = {
  id: 'F18',
  name: 'Kafka forgets the identity of a stopped owner',
  holds: [1, 2, 9],
  inCi: false,
  system: { workers: 1 },
  broker: {
    'transactional.id.expiration.ms': forgottenAfterMs,
    'transaction.remove.expired.transaction.cleanup.interval.ms': 1_000,
  },
  async run({ system, load, note, healed }) {
    const [owner] = system.workers;
    must(owner !== undefined, 'there is no worker');
    load.begin({ perSecond: 100 });
    await more(load, 200);
    const before = owner.logs().length;
    owner.stop();
    await lasting(forgottenAfterMs + 3_000);
    const successor = await system.startWorker();
    const warning = await logged(successor, /owned under another producer id/, 0, 5_000);
    note(warning);
    await more(load, 100);
    owner.cont();
    note(await logged(owner, fencedOut, before));
    healed();
    await more(load, 200);
    return 'the takeover was loud and waited; the stopped owner gave up';
  },
};
