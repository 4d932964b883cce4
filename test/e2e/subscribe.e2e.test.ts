// A service that subscribes, each event at least once: order, pause, retries and what is dead, a stop in good order, a registry that is
// away, and where a group begins; against what a plain reader finds in the topic.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { FetchedRecord } from '../../platform/fetched-part.ts';
import { openLogWriter } from '../../platform/log-writer.ts';
import { subscriberNames } from '../../schemas/topics.ts';
import { type SubscribedEvent, type SubscribeOptions, type Subscription, subscribe } from '../../subscribe/index.ts';
import { until } from '../stack/deadline.ts';
import { randomName, readAll, silent, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const topic = system.topics.events;
const partitions = 8;
const subscriptions: Subscription[] = [];
let cluster: Awaited<ReturnType<typeof watchedCluster>>;
let api: Api;

/** All events of the topic, by position. */
async function inTopic(): Promise<Map<string, FetchedRecord>> {
  const all = new Map<string, FetchedRecord>();
  for (let partition = 0; partition < partitions; partition++)
    for (const record of await readAll(cluster, topic, partition))
      if (String(record.headers.ce_type).startsWith('putlog.job.'))
        all.set(`${topic}/${partition}@${record.offset}`, record);
  return all;
}

/** That many more jobs, over. */
async function submit(count: number, name = randomName('job')): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `${name}-${n}`);
  await inParallel(16, ids, async (id) => {
    expect((await api.put(`demo.echo/${id}`, { n: 1, text: id })).status).toBe(202);
  });
  await until('their end', async () => {
    const told = new Set([...(await inTopic()).values()].map(({ key }) => String(key)));
    return ids.every((id) => told.has(`demo.echo/${id}`)) || undefined;
  });
  return ids;
}

function listen(
  options: Partial<SubscribeOptions> = {},
  handler: (event: SubscribedEvent) => unknown = () => undefined,
) {
  const { brokers, registryUrl } = inject('stack');
  const events: SubscribedEvent[] = [];
  const group = options.group ?? randomName('group');
  const where = { brokers, registry: registryUrl, prefix: system.prefix, sessionTimeoutMs: 6_000, log: silent };
  const subscription = subscribe({ ...where, ...options, group }, async (event) => {
    await handler(event);
    events.push(event);
  });
  subscriptions.push(subscription);
  const heard = (count: number) => until(`${count} events`, async () => events.length >= count || undefined);
  return { ...subscription, group, events, heard, positions: () => events.map(({ position }) => position) };
}

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker')]);
  cluster = await watchedCluster(system.brokers, [topic]);
  await submit(40);
});
afterEach(() => Promise.all(subscriptions.splice(0).map(({ stop }) => stop())));

test('each event of the topic, those of a partition in order, while members of the group come and go', async () => {
  const group = randomName('group');
  const first = listen({ group });
  await first.heard(20);
  const second = listen({ group });
  await second.ready;
  await submit(100);
  await first.stop();
  await submit(100);
  const expected = await inTopic();
  const heard = () => new Set([...first.positions(), ...second.positions()]);
  await until('all events', async () => heard().size === expected.size || undefined);
  expect([...heard()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const { events } of [first, second]) {
    const offsets = Map.groupBy(events, ({ position }) => position.split('@')[0]);
    for (const its of offsets.values()) {
      const order = its.map(({ position }) => Number(position.split('@')[1]));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  }
  const [event] = second.events;
  expect(event).toMatchObject({ kind: 'succeeded', type: 'demo.echo', result: { n: 1 } });
});

test('paused, nothing is handled, and nothing is left out', async () => {
  const { pause, resume, lag, events, heard } = listen({ from: 'latest' });
  await until('it to begin', async () => ((await lag()).partitions.length === partitions ? true : undefined));
  await pause();
  await submit(20);
  expect((await lag()).total).toBeGreaterThanOrEqual(20);
  expect(events).toEqual([]);
  resume();
  await heard(20);
  await until('nothing behind', async () => (await lag()).total === 0 || undefined);
});

test('stopped, what is in hand is finished, and the next of the group begins behind it', async () => {
  const inHand = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = listen({ concurrency: 1 }, async () => {
    inHand.resolve();
    await goOn.promise;
  });
  await inHand.promise;
  const stopped = first.stop();
  goOn.resolve();
  await stopped;
  await first.closed;
  expect(first.events.length).toBe(1);
  const expected = await inTopic();
  const second = listen({ group: first.group });
  await second.heard(expected.size - 1);
  expect(second.positions()).not.toContain(first.events[0]?.position);
  expect(new Set(second.positions()).size).toBe(expected.size - 1);
});

test('while the registry is away it waits', async () => {
  let isThere = false;
  const server = createServer(async ({ url = '' }, response) => {
    if (!isThere) return void response.writeHead(503).end();
    const answer = await fetch(inject('stack').registryUrl + url);
    response.writeHead(answer.status).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { ready, events, heard, stop, lag } = listen({ registry: `http://127.0.0.1:${port}` });
  await ready;
  expect((await lag()).total).toBeGreaterThan(0);
  expect(events).toEqual([]);
  isThere = true;
  await heard((await inTopic()).size);
  await stop();
  server.close();
});

test('from a time, and from a position', async () => {
  const all = await inTopic();
  const [, middle] = [...all].toSorted(([, a], [, b]) => a.timestamp - b.timestamp)[Math.floor(all.size / 2)] ?? [];
  const time = middle?.timestamp ?? 0;
  const [at] = [...all].find(([, record]) => record === middle) ?? [''];
  const own = at.split('@')[0];
  // Partition by partition from the first record on that is not older.
  const begins = Map.groupBy([...all], ([position]) => position.split('@')[0]);
  const from = (isFirst: (position: string, record: FetchedRecord) => boolean) =>
    [...begins.values()].flatMap((its) => {
      const first = its.findIndex(([position, record]) => isFirst(position, record));
      return first < 0 ? [] : its.slice(first).map(([position]) => position);
    });
  const byTime = from((_, { timestamp }) => timestamp >= time);
  const byPosition = from((position, { timestamp }) =>
    position.split('@')[0] === own ? position === at : timestamp >= time,
  );
  expect(byTime.length).toBeLessThan(all.size);
  for (const [start, expected] of [[new Date(time), byTime] as const, [at, byPosition] as const]) {
    const { heard, positions } = listen({ from: start });
    await heard(expected.length);
    expect(positions().toSorted()).toEqual(expected.toSorted());
  }
});

test('what cannot be handled or decoded is in the topic of its dead, as it was; the others go on', async () => {
  const [unlucky = ''] = await submit(10);
  const writer = await openLogWriter({ cluster, log: silent });
  const headers = { ce_type: 'putlog.job.succeeded', ce_subject: 'demo.echo/foreign' };
  const foreign = {
    key: Buffer.from('demo.echo/foreign'),
    value: Buffer.from('not avro'),
    headers,
    timestamp: Date.now(),
  };
  const offset = await writer.append({ topic, partition: 0, ...foreign });
  await writer.close(1_000);
  const expected = await inTopic();
  const { group, heard } = listen({ retry: { attempts: 2, backoffMs: 1 } }, ({ jobId }) => {
    if (jobId === unlucky) throw new Error('never');
  });
  const { dead } = subscriberNames(system.prefix, group);
  await heard(expected.size - 2);
  await until('the topic of its dead', async () => {
    await cluster.watch([dead]);
    return (await readAll(cluster, dead, 0)).length >= 2 || undefined;
  });
  const records = await readAll(cluster, dead, 0);
  const about = ({ headers }: FetchedRecord) =>
    ['dead_position', 'dead_attempts', 'dead_reason'].map((name) => String(headers[name]));
  const [original] = [...expected].filter(([, { key }]) => String(key) === `demo.echo/${unlucky}`);
  const [handled, undecodable] = records.toSorted((a) => (String(a.key).endsWith('foreign') ? 1 : -1));
  if (handled === undefined || undecodable === undefined || original === undefined)
    throw new Error('some are not there');
  expect(about(handled)).toEqual([original[0], '2', 'never']);
  expect(handled.value).toEqual(original[1].value);
  expect(String(handled.headers.ce_id)).toBe(String(original[1].headers.ce_id));
  const reason = 'the value begins with byte 110, not with 0';
  expect(about(undecodable)).toEqual([`${topic}/0@${offset}`, '0', reason]);
  expect(undecodable.value).toEqual(foreign.value);
});
