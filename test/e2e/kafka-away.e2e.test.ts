// Invariant: a 202 is never lost, and what was answered 503 runs at most once. Kafka ends in the middle of PUTs, by kill -9
// and in good order, and comes back; accepting and running go on within 10 s, and no process was restarted.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Answer, Api } from './api.ts';
import { breachesOfOneOutcome, readTopic } from './event-log.ts';
import { useOwnPart } from './own-part.ts';
import { useSystem } from './system.ts';

const acceptMs = 2_000;
/** What an answer may take on a busy machine beyond the deadline. */
const slackMs = 1_500;

const kafka = useOwnPart('kafka');
const system = useSystem({ addresses: kafka.addresses, settings: { PUTLOG_ACCEPT_MS: String(acceptMs) } });
const file = join(system.folder, 'runs');
let api: Api;

beforeAll(async () => {
  await writeFile(file, '');
  await kafka.start();
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

type Call = Answer & { id: string; at: number };

/** Eight clients that PUT one job after the other, until they are told to stop. */
function startLoad(run: string) {
  const calls: Call[] = [];
  let stopped = false;
  const client = async (name: number) => {
    for (let n = 0; !stopped; n++) {
      const id = `${run}-${name}-${n}`;
      const answer = await api.put(`test.count/${id}`, { file });
      calls.push({ ...answer, id, at: performance.now() });
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, (_, name) => client(name)));
  return {
    calls,
    /** Waits for so many answers of a status, from now on. */
    async untilAnswered(status: number, count: number) {
      const seen = calls.length;
      const some = () => calls.slice(seen).filter((call) => call.status === status);
      return until(`${count} answers of ${status}`, async () => (some().length >= count ? some() : undefined), 30_000);
    },
    async stop() {
      stopped = true;
      await clients;
    },
  };
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a 202 is never lost: Kafka ends by %s under PUTs, and comes back',
  async (signal) => {
    const pids = system.alive().map(({ pid }) => pid);
    const run = randomUUID();
    const load = startLoad(run);
    onTestFinished(load.stop);
    await load.untilAnswered(202, 100);
    await kafka.stop(signal);
    await load.untilAnswered(503, 24);

    await kafka.start();
    const back = performance.now();
    const [first] = await load.untilAnswered(202, 1);
    await api.finished([`test.count/${first?.id}`], 10_000);
    const doneAfter = performance.now() - back;
    await load.untilAnswered(202, 100);
    await load.stop();
    console.log(
      `Kafka back after ${signal}: accepting after ${Math.round((first?.at ?? 0) - back)} ms, first job done after ${Math.round(doneAfter)} ms`,
    );
    expect(doneAfter).toBeLessThan(10_000);

    const { calls } = load;
    const accepted = calls.filter(({ status }) => status === 202).map(({ id }) => id);
    const refused = calls.filter(({ status }) => status !== 202);
    for (const { status, headers, body, ms } of refused) {
      expect({
        status,
        codes: ['log-unavailable', 'outcome-unknown', 'overloaded'].includes(String(body.code)),
      }).toEqual({
        status: 503,
        codes: true,
      });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(ms).toBeLessThan(acceptMs + slackMs);
    }
    const states = (await api.finished(accepted.map((id) => `test.count/${id}`))).map(({ state }) => state);
    expect(states.filter((state) => state !== 'succeeded')).toEqual([]);

    const unknown = refused.filter(({ body }) => body.code === 'outcome-unknown').map(({ id }) => id);
    const ran = (await readFile(file, 'utf8')).split('\n').filter((id) => id.startsWith(run));
    expect(ran.toSorted()).toEqual([...new Set(ran)].sort());
    expect(new Set(ran).isSupersetOf(new Set(accepted))).toBe(true);
    expect(ran.filter((id) => !accepted.includes(id) && !unknown.includes(id))).toEqual([]);
    const events = await readTopic(system.brokers, system.topics.events);
    const mine = events.filter(({ subject }) => subject.startsWith(`test.count/${run}`));
    expect(breachesOfOneOutcome(mine, new Map(ran.map((id) => [`test.count/${id}`, 'succeeded'])))).toEqual([]);
    expect(system.alive().map(({ pid }) => pid)).toEqual(pids);
  },
);
