// Invariant: who follows a job is told every event of it that the log has, in order, each once, through any restart of the process
// that tells it, and is then told that there is no more.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import { readAll, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import type { ServiceProcess } from './service-process.ts';
import { type Frame, follow, followToEnd } from './sse-client.ts';
import { useSystem } from './system.ts';

type Started = Api & { process: ServiceProcess };
const system = useSystem();
let api: Started;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

/** `ce_id@offset` of each event of a job, as a plain reader of the topic sees them. */
async function inTheLog(name: string): Promise<string[]> {
  const topic = system.topics.events;
  const cluster = await watchedCluster(system.brokers, [topic]);
  try {
    const partitions = (await cluster.offsets([topic], 'latest')).get(topic)?.length ?? 0;
    const found: string[] = [];
    for (let partition = 0; partition < partitions; partition++)
      for (const { key, headers, offset } of await readAll(cluster, topic, partition))
        if (String(key) === name) found.push(`${headers.ce_id}@${offset}`);
    return found;
  } finally {
    await cluster.close();
  }
}

const steps = (count: number) => ({ steps: count, ms: 100, silentFrom: 100_000 });
const idsOf = (frames: readonly Frame[]) => frames.map(({ id }) => id);
const eventsOf = async (name: string, query = '') => {
  const answer = await api.request('GET', `/jobs/${name}/events${query}`);
  return { ...answer, events: answer.body as unknown as Frame['data'][] };
};

test('a job that tells its progress is followed through restarts: nothing is missed, nothing comes twice', async () => {
  const name = `test.steps/${randomUUID()}`;
  let serving = await system.startApi();
  // Longer than all of this may take; it is ended when both restarts have been seen.
  await serving.put(`${name}?timeout=600`, steps(5_000));
  const change = async (signal: NodeJS.Signals) => {
    const before = serving;
    serving = await system.startApi();
    await before.process.end(signal);
  };
  /** Each when ten more events have come since the one before was done. */
  const actions = [() => change('SIGTERM'), () => change('SIGKILL'), () => api.request('DELETE', `/jobs/${name}`)];
  let acting = false;
  let sinceLast = 0;
  const failed: unknown[] = [];
  const { frames, statuses } = await followToEnd(
    () => `${serving.url}/jobs/${name}/events`,
    () => {
      if (acting || ++sinceLast < 10) return;
      const action = actions.shift();
      if (action === undefined) return;
      acting = true;
      action()
        .catch((error: unknown) => failed.push(error))
        .then(() => {
          acting = false;
          sinceLast = 0;
        });
    },
  );
  expect([failed, actions]).toEqual([[], []]);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
  expect(statuses.at(-1)).toBe(204);
  expect(idsOf(frames)).toEqual(await inTheLog(name));
  expect(frames.map(({ event }) => event)).toEqual([
    'started',
    ...Array.from({ length: frames.length - 2 }, () => 'progressed'),
    'cancelled',
  ]);
  expect(frames.length).toBeGreaterThan(30);
});

test('many who begin at different moments are all told the same', async () => {
  const name = `test.steps/${randomUUID()}`;
  await api.put(name, steps(40));
  const first = followToEnd(() => `${api.url}/jobs/${name}/events`);
  const others: ReturnType<typeof followToEnd>[] = [];
  await followToEnd(
    () => `${api.url}/jobs/${name}/events`,
    () => void others.push(followToEnd(() => `${api.url}/jobs/${name}/events`)),
  );
  const expected = await inTheLog(name);
  expect(others.length).toBe(expected.length);
  for (const { frames } of [await first, ...(await Promise.all(others))]) expect(idsOf(frames)).toEqual(expected);
});

test('the same as JSON, in pages', async () => {
  const name = `test.steps/${randomUUID()}`;
  await api.put(name, steps(10));
  await api.finished([name]);
  const whole = await eventsOf(name);
  expect(whole.status).toBe(200);
  expect(whole.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
  });
  expect(whole.headers.link).toBeUndefined();
  const expected = await inTheLog(name);
  expect(whole.events.map(({ id, position }) => `${id}@${String(position).split('@')[1]}`)).toEqual(expected);
  expect(new Set(whole.events.map(({ id }) => id)).size).toBe(expected.length);
  expect(whole.events.at(-1)).toMatchObject({ kind: 'succeeded', job: name, result: { steps: 10 } });

  const pages: unknown[] = [];
  for (let query: string | undefined = '?limit=2'; query !== undefined; ) {
    const { events, headers } = await eventsOf(name, query);
    expect(events.length).toBeLessThanOrEqual(2);
    pages.push(...events);
    query = /events(\?[^>]*)>; rel="next"/.exec(String(headers.link ?? ''))?.[1];
  }
  expect(pages).toEqual(whole.events);
  expect((await eventsOf(`test.steps/${randomUUID()}`)).status).toBe(404);
});

test('a dead job that is sent again: its events of both generations, until the end of the latter', async () => {
  const name = `demo.fail/${randomUUID()}`;
  const url = `${api.url}/jobs/${name}/events`;
  await api.put(name, { times: 9, message: 'again' });
  const first = (await followToEnd(() => url)).frames;
  expect(first.at(-1)?.event).toBe('dead');
  await until('its dead letter', async () => {
    const { body } = await api.request('POST', '/dead-letters/redrive?type=demo.fail');
    return body.outcome === 'redriven' || undefined;
  });
  await until('its second generation', async () => (await api.get(name)).body.generation === 1 || undefined);
  const { frames, statuses } = await followToEnd(() => url);
  expect(statuses).toEqual([200, 204]);
  expect(idsOf(frames)).toEqual(await inTheLog(name));
  expect(frames.length).toBe(2 * first.length);
  // Who has heard the end of the first generation is told of the second alone.
  const rest: Frame[] = [];
  await (await follow(url, (frame) => void rest.push(frame), first.at(-1)?.id)).ended;
  expect(idsOf(rest)).toEqual(idsOf(frames).slice(first.length));
});

test('what happens to many is told live, by type and kind', async () => {
  const [all, some]: [Frame[], Frame[]] = [[], []];
  const streams = await Promise.all([
    follow(`${api.url}/events`, (frame) => void all.push(frame)),
    follow(`${api.url}/events?type=demo.echo,demo.sleep&kind=succeeded,failed`, (frame) => void some.push(frame)),
  ]);
  for (const { status, headers } of streams) {
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    expect(headers['content-type']).toContain('text/event-stream');
  }
  const [echo, count] = [`demo.echo/${randomUUID()}`, `test.steps/${randomUUID()}`];
  await Promise.all([api.put(echo, { n: 1, text: 'x' }), api.put(count, steps(5))]);
  const seen = (frames: Frame[], name: string) => frames.filter(({ data }) => data.job === name);
  await until('the ends', async () => {
    const ends = [seen(all, echo), seen(all, count), seen(some, echo)];
    return ends.every((frames) => frames.at(-1)?.event === 'succeeded') || undefined;
  });
  expect(seen(some, count)).toEqual([]);
  expect(idsOf(seen(all, count))).toEqual(await inTheLog(count));
  for (const { close } of streams) close();
});
