// F7: the api is killed in the middle of a batch, and stopped in good order with hundreds of requests in flight. What it
// acknowledged is there, what it did not is asked for again, and the stop keeps its deadline.

import { soon } from '../../stack/deadline.ts';
import { apiKeys } from '../kafka-frames.ts';
import { createLoad } from '../load.ts';
import { more, onlyClient } from '../moments.ts';
import { must, type Scenario } from '../scenario.ts';

/** Requests of ours beside the load's; one client has no more connections than this. */
const perClient = 250;
const clients = 2;
const inFlight = perClient * clients;

export const apiEnds: Scenario = {
  id: 'F7',
  name: 'the api is killed in a batch, then stopped under load',
  holds: [1, 4, 10],
  inCi: true,
  async run({ system, load, random, note, healed, terminate }) {
    const [api] = system.api;
    must(api !== undefined, 'there is no api');
    const { kafka } = system.proxy;
    load.begin({ perSecond: 400, connections: 64 });
    await more(load, 200);
    for (const then of ['cut', 'pass', 'drop'] as const) {
      const append = {
        apiKey: apiKeys.produce,
        client: onlyClient(api),
        at: then === 'drop' ? 'answer' : 'request',
      } as const;
      const killed = kafka.intercept(append, async () => {
        await api.kill();
        return then;
      });
      await soon('a batch of the api', killed);
      note(`api killed in a batch, which was: ${then}`);
      await api.restart();
      await more(load, 100);
    }

    // Held back at the broker's door, so that the signal finds them all without an answer.
    const arrived = Promise.withResolvers<void>();
    const signalled = Promise.withResolvers<void>();
    const held = kafka.intercept({ apiKey: apiKeys.produce, client: onlyClient(api), at: 'request' }, async () => {
      arrived.resolve();
      await signalled.promise;
      return 'pass';
    });
    await soon('a batch of the api', arrived.promise);
    const others = Array.from({ length: clients }, () =>
      createLoad({ http: system.http, random, journal: load.journal }),
    );
    const puts = others.flatMap((client, n) =>
      Array.from({ length: perClient }, (_, i) => {
        const id = `stopped-${n}-${i}`;
        return client.put({ type: 'fault.ordered', id, payload: { key: id, n: 0 } });
      }),
    );
    // Sent, and in the api's hands: they wait for the batch in front of them.
    await soon('requests in flight', reached(system.http, inFlight));
    const ended = terminate(api);
    signalled.resolve();
    const code = await ended;
    await held;
    const answers = await Promise.all(puts);
    await Promise.all(others.map((client) => client.close()));
    const count = (outcome: string) => answers.filter((answer) => answer.outcome === outcome).length;
    const told = `${count('acked')} acknowledged, ${count('rejected')} refused, ${count('unknown')} unknown`;
    note(`SIGTERM with ${inFlight} requests in flight: ${told}, exit code ${code}`);
    must(code === 0, `the api ended with ${code} after SIGTERM`);
    await api.restart();
    healed();
    await more(load, 200);
    return `3 kills; SIGTERM with ${inFlight} in flight: ${told}`;
  },
};

/** Resolves once the api holds so many records for the log. */
async function reached(http: string, records: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${http}/metrics`)).text();
    const waiting = Number(/append_waiting_records(?:\{[^}]*\})? (\d+)/.exec(text)?.[1] ?? 0);
    if (waiting >= records) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
