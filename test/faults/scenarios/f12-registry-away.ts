// F12: the registry is down, answers 500, and knows nothing of one schema. Only the last is a fact about a record, and makes
// a dead letter; the others are an absence that ends.

import { until } from '../../stack/deadline.ts';
import { openDirectLog } from '../direct-log.ts';
import { lasting, more } from '../moments.ts';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';

const notFound = { status: 404, errorCode: 40_403 };
const broken = { status: 500, errorCode: 50_001 };

export const registryAway: Scenario = {
  id: 'F12',
  name: 'the registry is down, broken, and without one schema',
  holds: [1, 7],
  inCi: true,
  async run({ system, load, random, note, healed, poison }) {
    const { registry } = system.proxy;
    const direct = await openDirectLog(system, load);
    try {
      load.begin({ perSecond: 150 });
      await more(load, 100);

      // Schemas are known: nobody needs it.
      await registry.refuse(true);
      await more(load, 200);
      note('accepting and running without the registry');
      const [away, failing, unknown] = [
        await direct.newSchemaId('Away'),
        await direct.newSchemaId('Failing'),
        await direct.newSchemaId('Unknown'),
      ];

      note(`schemas that nobody has met: ${away}, ${failing}, ${unknown}`);

      // A schema that nobody has met, while nobody can be asked: its partition waits.
      const first = direct.command('met-while-away', away);
      await direct.append(first.partition, first.value, first.key);
      first.acked();
      await lasting(between(random, 3_000, 6_000));
      await registry.refuse(false);
      await succeeded(system.http, 'met-while-away');
      note('the registry is back, and what had waited for it has run');

      let asked = 0;
      registry.answer((_, path) => {
        if (path.includes(`/ids/${failing}`)) asked++;
        return broken;
      });
      const second = direct.command('met-while-broken', failing);
      await direct.append(second.partition, second.value, second.key);
      second.acked();
      await until('three questions to the broken registry', async () => (asked >= 3 ? true : undefined));
      registry.answer(() => undefined);
      await succeeded(system.http, 'met-while-broken');
      note(`the registry answered 500, ${asked} times for the schema that was needed`);

      registry.answer((_, path) => (path.includes(`/ids/${unknown}`) ? notFound : undefined));
      const third = direct.command('never-met', unknown);
      poison([await direct.append(third.partition, third.value, third.key)]);
      healed();
      await more(load, 150);
      return `down, 500 (${asked} times asked), 404 for one schema`;
    } finally {
      await direct.close();
    }
  },
};

const succeeded = (http: string, id: string) =>
  until(`the end of ${id}`, async () => {
    const { state } = (await (await fetch(`${http}/jobs/fault.ordered/${id}`)).json()) as { state?: string };
    return state === 'succeeded' ? true : undefined;
  });
