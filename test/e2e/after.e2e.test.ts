// Invariant: what was asked to follow a job follows it once: the next job with its result, whoever wants to be told of its end.
import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Answer, Api } from './api.ts';
import { useHookServer } from './hook-server.ts';
import { useSystem } from './system.ts';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const settings = { PUTLOG_WEBHOOK_SECRET: secret, PUTLOG_ALLOW_PRIVATE_ADDRESSES: 'yes' };
const system = useSystem({ settings });
let api: Api;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const hooks = useHookServer((path, time) => {
  if (path.startsWith('/twice-down')) return { status: time <= 2 ? 500 : 204 };
  if (path.startsWith('/gone')) return { status: 410 };
  if (path.startsWith('/later')) return time === 1 ? { status: 503, headers: { 'retry-after': '2' } } : { status: 200 };
  if (path.startsWith('/moved')) return { status: 302, headers: { location: '/elsewhere' } };
  return { status: 200 };
});

const linksOf = ({ body }: Answer) => new Map(Object.entries(body.links ?? {}));
const nameOf = (link: unknown) => String(link).slice('/jobs/'.length);
const untilDone = async (name: string) => {
  await until(`${name} is there`, async () => (await api.get(name)).status === 200 || undefined, 30_000);
  const [job] = await api.finished([name]);
  return job;
};

describe('then', () => {
  test('three jobs, each with the result of the one before, linked both ways', async () => {
    const run = randomUUID();
    const put = await api.put(`test.add/${run}?then=test.add/${run}-2&then=test.add/${run}-3`, { n: 1 });
    expect(put.status).toBe(202);
    expect(linksOf(put)).toEqual(new Map([['then', `/jobs/test.add/${run}-2`]]));
    expect(await untilDone(`test.add/${run}-3`)).toMatchObject({
      ...{ state: 'succeeded', result: { n: 4 }, links: { parent: `/jobs/test.add/${run}-2` } },
    });
    const second = await api.get(`test.add/${run}-2`);
    expect(second.body.result).toEqual({ n: 3 });
    expect(linksOf(second)).toEqual(
      new Map([
        ['parent', `/jobs/test.add/${run}`],
        ['then', `/jobs/test.add/${run}-3`],
      ]),
    );
  });

  test('the id is that of the job unless told; a result that does not fit is a dead letter that says where', async () => {
    const id = randomUUID();
    await api.put(`test.add/${id}?then=demo.echo`, { n: 1 });
    const job = await untilDone(`demo.echo/${id}`);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'invalid-payload' } });
    expect(job?.error).toMatchObject({ errors: [{ pointer: '/text', detail: 'is required' }] });
    const { body } = await api.request('GET', `/dead-letters?type=demo.echo&limit=500`);
    expect(JSON.stringify(body)).toContain(id);
  });

  test('what has not gone well is followed by nothing, and has no link', async () => {
    const id = randomUUID();
    await api.put(`demo.fail/${id}?then=test.add`, { times: 99, message: 'no' });
    const [job] = await api.finished([`demo.fail/${id}`]);
    expect(job?.state).toBe('failed');
    expect(job).not.toHaveProperty('links');
    expect((await api.get(`test.add/${id}`)).status).toBe(404);
  });
});

describe('callback', () => {
  const submit = async (path: string, type = 'test.add', payload: unknown = { n: 1 }) => {
    const name = `${type}/${randomUUID()}`;
    const url = hooks.url(`${path}-${name}`);
    const put = await api.put(`${name}?callback=${encodeURIComponent(url)}`, payload);
    expect(put.status).toBe(202);
    return { name, path: new URL(url).pathname, hook: nameOf(linksOf(put).get('callback')) };
  };

  test.each([
    ['test.add', { n: 41 }, '1/succeeded', { state: 'succeeded', result: { n: 42 } }],
    ['demo.fail', { times: 99, message: 'no' }, '3/dead', { state: 'failed', error: { detail: 'no' } }],
  ])('%s: its end is told, signed so that another library verifies it', async (type, payload, end, data) => {
    const { name, path, hook } = await submit('/hook', type, payload);
    expect(await untilDone(hook)).toMatchObject({
      ...{ state: 'succeeded', attempt: 1, result: { status: 200 }, links: { parent: `/jobs/${name}` } },
    });
    const [told, ...more] = hooks.toldOf(path);
    expect(more).toEqual([]);
    const headers = Object.fromEntries(Object.entries(told?.headers ?? {}).map(([k, v]) => [k, String(v)]));
    const said = new Webhook(secret).verify(told?.body ?? '', headers);
    expect(said).toMatchObject({
      id: `${name}/0.${end}`,
      type: `job.${end.slice(2)}`,
      data: { ...data, id: name.split('/')[1] },
    });
    const { body } = await api.get(name);
    expect(said).toMatchObject({ timestamp: body.finishedAt, data: body });
  });

  test('an endpoint that fails twice is called again, under the same id', async () => {
    const { path, hook } = await submit('/twice-down');
    expect(await untilDone(hook)).toMatchObject({ state: 'succeeded', attempt: 3 });
    const ids = hooks.toldOf(path).map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  test('an endpoint that is gone is called no more; one that says when is called then', async () => {
    const [gone, later] = [await submit('/gone'), await submit('/later')];
    expect(await untilDone(gone.hook)).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'job-failed' } });
    expect((await api.get(gone.hook)).body.error).toMatchObject({ detail: expect.stringContaining('gone') });
    expect(await untilDone(later.hook)).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect([hooks.toldOf(gone.path).length, hooks.toldOf(later.path).length]).toEqual([1, 2]);
  });

  test('a redirect is not followed', async () => {
    const { hook } = await submit('/moved');
    await until('it is tried again', async () => (await api.get(hook)).body.state === 'retrying' || undefined);
    expect((await api.get(hook)).body.error).toMatchObject({ detail: expect.stringContaining('302') });
    expect(hooks.toldOf('/elsewhere')).toEqual([]);
    expect((await api.request('DELETE', `/jobs/${hook}`)).status).toBe(202);
    expect(await untilDone(hook)).toMatchObject({ state: 'cancelled' });
  });
});
