// Invariant: what follows a job follows it once, whoever dies: no follow-up is missing, and each has one outcome.
import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic, terminalEvents } from './event-log.ts';
import { useHookServer } from './hook-server.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const settings = {
  ...{ PUTLOG_CONCURRENCY: '2', PUTLOG_SESSION_TIMEOUT_MS: '6000' },
  PUTLOG_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  PUTLOG_ALLOW_PRIVATE_ADDRESSES: 'yes',
};
const system = useSystem({ settings });
const hooks = useHookServer(() => ({ status: 200 }));
let api: Api;
let worker: ServiceProcess;

beforeAll(async () => {
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

test('the only worker is killed with -9, three times, while 200 jobs are followed by another and a webhook, and are one group', async () => {
  const run = randomUUID();
  const ids = Array.from({ length: 200 }, (_, n) => `${run}-${n}`);
  const callback = encodeURIComponent(hooks.url('/hook'));
  const body = `{"jobs":${JSON.stringify(ids.map((id) => ({ type: 'demo.sleep', id, payload: { ms: 20 } })))},"then":{"type":"test.gather","id":"${run}"}}`;
  const grouped = api.request('PUT', `/groups/${run}`, { body, headers: { 'content-type': 'application/json' } });
  const puts = inParallel(8, ids, (id) =>
    api.put(`test.add/${id}?then=test.add/${id}-next&callback=${callback}`, { n: 1 }),
  );
  const own = (subject: string) => subject.includes(run);
  const ended = async () => terminalEvents(await readTopic(system.brokers, system.topics.events)).size;
  for (const share of [60, 250, 450]) {
    await until(`${share} ends`, async () => (await ended()) >= share || undefined);
    await worker.end('SIGKILL');
    worker = await system.start('worker');
  }
  expect((await grouped).status).toBe(202);
  expect((await puts).filter(({ status }) => status !== 202)).toEqual([]);

  const expected = new Map(
    ids.flatMap((id) => [
      ...[`test.add/${id}`, `test.add/${id}-next`, `demo.sleep/${id}`].map((name) => [name, 'succeeded'] as const),
      [`putlog.webhook/test.add~${id}~0`, 'succeeded'] as const,
    ]),
  ).set(`test.gather/${run}`, 'succeeded');
  await until(`${expected.size} ends`, async () => (await ended()) >= expected.size || undefined, 120_000);
  const seen = (await readTopic(system.brokers, system.topics.events)).filter(({ subject }) => own(subject));
  expect(breachesOfOneOutcome(seen, expected)).toEqual([]);
  const [gathered] = await api.finished([`test.gather/${run}`]);
  expect(gathered?.result).toMatchObject({ succeeded: 200 });
  // A webhook may be told twice, where the worker died before it could say so; none is told never.
  const told = hooks.toldOf('/hook').map(({ body: said }) => String(JSON.parse(said).data.id));
  expect(new Set(told)).toEqual(new Set(ids));
  expect(new Set(hooks.toldOf('/hook').map(({ headers }) => headers['webhook-id'])).size).toBe(ids.length);
  console.log(`${new Set(told).size} ends were told of, in ${told.length} calls`);
});
