// F11: kill -9 of the projector between its data and its checkpoint, and in the middle of its data. It reads again what it
// has written already, events before the commands they belong to among it, and nothing may go back.

import { soon } from '../../stack/deadline.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';

export const projectorKilled: Scenario = {
  id: 'F11',
  name: 'the projector is killed between write and checkpoint',
  holds: [5, 6],
  inCi: true,
  async run({ system, load, random, note, healed }) {
    const { projector } = system;
    const { mongodb } = system.proxy;
    load.begin({ perSecond: 250 });
    await more(load, 100);
    // Each is a chance that what was written already is read in another order.
    const kills = between(random, 4, 6);
    for (let i = 0; i < kills; i++) {
      const collection = i % 2 === 0 ? 'checkpoints' : 'jobs_v1';
      await soon(
        `a write to ${collection}`,
        mongodb.atNextWrite(collection, () => projector.kill()),
      );
      note(`projector killed at a write to ${collection}`);
      // What piles up is read from both topics at once, in no order between them.
      await lasting(between(random, 500, 2_500));
      await projector.restart();
      await more(load, between(random, 50, 150));
    }
    healed();
    await more(load, 50);
    return `${kills} kills`;
  },
};
