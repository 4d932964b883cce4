// F6: workers join and leave all the time, in good order or not. Partitions wander, and calls with them.
import { comeAndGo } from '../coming-and-going.ts';
import { more } from '../moments.ts';
import type { Scenario } from '../scenario.ts';

export const comingAndGoing: Scenario = {
  id: 'F6',
  name: 'workers join and leave every 3 s for a minute',
  holds: [1, 2, 3, 8],
  inCi: false,
  system: { workers: 2 },
  async run(context) {
    const { load, healed } = context;
    load.begin({ perSecond: 150 });
    await more(load, 100);
    const seen = await comeAndGo(context, 60_000);
    healed();
    await more(load, 100);
    return seen;
  },
};
