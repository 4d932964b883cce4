// F19: half an hour of faults of all kinds, one after the other, by chance, under load all the while. When it is over every
// invariant holds, and no process that lived long enough has grown.
import { minutesOf } from '../minutes.ts';
import { more } from '../moments.ts';
import { pick } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { openTrouble } from '../trouble.ts';

const minutes = minutesOf(30);

export const randomFaults: Scenario = {
  id: 'F19',
  name: `${minutes} minutes of faults by chance`,
  holds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  inCi: false,
  once: true,
  deadlineMs: minutes * 60_000 + 300_000,
  system: { workers: 3 },
  async run(context) {
    const { load, random, note, healed } = context;
    load.begin({ perSecond: 70, connections: 32 });
    await more(load, 100);
    const trouble = await openTrouble(context);
    const made = new Map<string, number>();
    const began = performance.now();
    const length = minutes * 60_000;
    try {
      for (let took = 0; took < length; took = performance.now() - began) {
        // Whoever is to be judged by its memory has to live for a while.
        const kinds = took < length / 3 ? [...trouble.any, ...trouble.early] : trouble.any;
        const [name, make] = pick(random, kinds);
        await make();
        await trouble.end();
        made.set(name, (made.get(name) ?? 0) + 1);
        note(name);
        await more(load, 60, 90_000);
      }
    } finally {
      await trouble.close();
    }
    healed();
    await more(load, 100);
    const total = [...made.values()].reduce((sum, count) => sum + count, 0);
    note(JSON.stringify(Object.fromEntries(made)));
    return `${total} faults of ${made.size} kinds in ${minutes} minutes`;
  },
};
