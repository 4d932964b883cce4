// F10: MongoDB is killed in the middle of a write and frozen. Accepting needs only Kafka, so PUTs are answered 202 all the
// while; nothing is given up, and the read model is complete in the end.

import { soon } from '../../stack/deadline.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

export const mongodbAway: Scenario = {
  id: 'F10',
  name: 'MongoDB is killed in a write, then frozen',
  holds: [5, 6],
  inCi: true,
  async run({ stack, load, random, note, healed }) {
    const { journal } = load;
    load.begin({ perSecond: 200 });
    await more(load, between(random, 100, 300));

    const acceptedBefore = journal.counts.acked;
    const killed = stack.proxy.mongodb.atNextWrite('jobs_v1', () => stack.stack.stopPart('mongod', 'SIGKILL'));
    await soon('a write of job status', killed);
    note('MongoDB killed in a write of job status');
    await more(load, 100, 20_000);
    await stack.stack.startPart('mongod');
    note('MongoDB is back');
    await more(load, 100);

    stack.signal('mongod', 'SIGSTOP');
    await lasting(1_000);
    await more(load, 100, 20_000);
    const whileFrozen = journal.counts.acked;
    // Longer than a write waits for its answer.
    await lasting(between(random, 15_000, 20_000));
    must(journal.counts.acked > whileFrozen, 'nothing was acknowledged while MongoDB was frozen');
    stack.signal('mongod', 'SIGCONT');
    note('MongoDB goes on');
    healed();
    await more(load, 100);
    return `${journal.counts.acked - acceptedBefore} PUTs acknowledged while MongoDB was away and after`;
  },
};
