// F8, with three brokers: two of them are killed, at once or one after the other. A single copy is not enough: nothing may be
// acknowledged until a second broker is back, and then everything goes on.
import { clusterOf } from '../brokers.ts';
import { lasting, more } from '../moments.ts';
import { between, pick } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

export const majorityKilled: Scenario = {
  id: 'F8c',
  name: 'two of three brokers are killed',
  holds: [1, 2, 3, 8],
  inCi: false,
  brokers: 3,
  system: { workers: 2 },
  async run({ stack: faultStack, load, random, note, healed }) {
    const { stack } = faultStack;
    const brokers = clusterOf(faultStack);
    load.begin({ perSecond: 150 });
    await more(load, 200);
    // Longer than Kafka needs to see that a broker is dead: the second one is lost when only two are in sync.
    for (const apart of [0, between(random, 7_000, 9_000)]) {
      const survivor = pick(random, faultStack.brokers);
      const [first, second] = faultStack.brokers.filter((name) => name !== survivor);
      must(first !== undefined && second !== undefined, 'there are no three brokers');
      await stack.stopPart(first, 'SIGKILL');
      await lasting(apart);
      await stack.stopPart(second, 'SIGKILL');
      // Answers that were on their way.
      await lasting(1_000);
      const { accepted } = load.journal.counts;
      await lasting(between(random, 8_000, 14_000));
      // Nobody is promised anything by a 200: the job was in the log before, and the answer to its PUT was lost.
      const others = load.journal.counts.accepted - accepted;
      must(others === 0, `${others} jobs were accepted while ${survivor} was alone`);
      note(`${first} and ${apart} ms later ${second} killed; ${survivor} alone acknowledged nothing`);
      const back = pick(random, [first, second]);
      await stack.startPart(back);
      healed();
      await more(load, 50);
      note(`with ${back} back it goes on`);
      await Promise.all([stack.startPart(first), stack.startPart(second)]);
      await brokers.inSync();
      await more(load, between(random, 50, 150));
    }
    return 'two at once, and one after the other; the last one alone acknowledged nothing; with two it went on';
  },
};
