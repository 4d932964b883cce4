// The door: keys that are wrong in any way, types in paths, queries, bodies and lists, and what is refused before the body is read.
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { settingNames } from '../schemas/setting.ts';
import { createGuardedApp } from './access.fixture.ts';
import { guard } from './access.ts';

const body = { n: 1, text: 'x' };
const json = { 'content-type': 'application/json' };

test('anonymous until there is a key, then never again', async () => {
  const { app, add, set } = createGuardedApp();
  const ask = async () => (await app.inject('/limits')).statusCode;
  expect(await ask()).toBe(200);
  const { id, key } = add(['read']);
  expect(await ask()).toBe(401);
  set(settingNames.key(id), { ...key, hash: null, revokedAt: 1 });
  expect(await ask()).toBe(401);
});

test('a record of a key that nobody can read closes the door, and opens it to nobody', async () => {
  const { app, add, set } = createGuardedApp();
  const { id, headers } = add(['read']);
  set(settingNames.key(id), { broken: true });
  expect((await app.inject('/limits')).statusCode).toBe(401);
  expect((await app.inject({ url: '/limits', headers })).statusCode).toBe(401);
});

test.each([
  ['revoked', { hash: null, revokedAt: 1 }, 'revoked'],
  ['expired', { expiresAt: 1 }, 'expired at 1970-01-01T00:00:00.001Z'],
])('a key that is %s is refused', async (_, fields, told) => {
  const { app, add } = createGuardedApp();
  const { headers } = add(['read'], fields);
  const answer = await app.inject({ url: '/limits', headers });
  expect([answer.statusCode, answer.json().code]).toEqual([401, 'unauthenticated']);
  expect(answer.json().detail).toContain(told);
});

test('a key with any one character changed is refused', async () => {
  const { app, add } = createGuardedApp();
  const { text } = add(['read']);
  const ask = (key: string) => app.inject({ url: '/limits', headers: { authorization: `Bearer ${key}` } });
  expect((await ask(text)).statusCode).toBe(200);
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'a' ? 'b' : 'a';
    expect((await ask(text.slice(0, at) + other + text.slice(at + 1))).statusCode, `${at}`).toBe(401);
  }
  for (const wrong of [`${text}a`, text.slice(0, -1), 'putlog_', '']) expect((await ask(wrong)).statusCode).toBe(401);
});

test.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', 'putlog_1'])(
  'Authorization: %s is refused',
  async (authorization) => {
    const answer = await createGuardedApp().app.inject({ url: '/limits', headers: { authorization } });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
    ]);
  },
);

test('the scheme may be written in any case; a probe needs no key; what is not there is not there', async () => {
  const { app, add } = createGuardedApp();
  const { text } = add(['read']);
  expect((await app.inject({ url: '/limits', headers: { authorization: `bearer ${text}` } })).statusCode).toBe(200);
  expect((await app.inject('/livez')).statusCode).toBe(200);
  expect((await app.inject('/nowhere')).statusCode).toBe(404);
});

test('a job of a type that the key may not touch is 403, whether it is there or not', async () => {
  const { app, add, jobs, submitted } = createGuardedApp();
  const { headers } = add(['submit', 'read', 'operate'], { types: ['test.echo'] });
  const ask = async (method: 'GET' | 'PUT' | 'DELETE', url: string, payload: object = body) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...headers, ...json },
      ...(method === 'PUT' && { payload }),
    });
    return answer.statusCode === 403 ? answer.json().code : answer.statusCode;
  };
  const refused = 'type-not-allowed';
  expect(await ask('PUT', '/jobs/test.echo/1')).toBe(202);
  expect(await ask('PUT', '/jobs/test.echo/1?then=test.echo/2')).toBe(202);
  expect(await ask('PUT', '/jobs/test.anything/1')).toBe(refused);
  expect(await ask('PUT', '/jobs/test%2Eanything/1')).toBe(refused);
  expect(await ask('PUT', '/jobs/no.such/1')).toBe(refused);
  expect(await ask('PUT', '/jobs/test.echo/3?then=test.echo/4&then=test.anything/5')).toBe(refused);
  expect(await ask('PUT', '/jobs/test.echo/3?key=a?b&%74hen=test.anything')).toBe(refused);
  expect(await ask('GET', '/jobs/test.anything/1')).toBe(refused);
  expect(await ask('DELETE', '/jobs/test.anything/1')).toBe(refused);
  expect(await ask('GET', '/limits/test.anything')).toBe(refused);
  expect(await ask('PUT', '/limits/test.anything', { concurrency: 1 })).toBe(refused);
  expect(await ask('GET', '/dead-letters?type=test.anything')).toBe(refused);
  expect(await ask('GET', '/stats?type=test.anything')).toBe(refused);
  expect(await ask('GET', '/stats')).toBe(200);
  expect(await ask('GET', '/metrics')).toBe(refused);
  expect(submitted.map(({ id }) => id)).toEqual(['1', '1']);
  expect(jobs.size).toBe(0);
});

test('types within a group and a schedule; a queue whose types are not all allowed; lists', async () => {
  const { app, add } = createGuardedApp();
  const all = { ...add(['submit', 'read', 'operate']).headers, ...json };
  const some = { ...add(['submit', 'read', 'operate'], { types: ['test.echo'] }).headers, ...json };
  const put = async (url: string, payload: object, headers = some) =>
    (await app.inject({ method: 'PUT', url, payload, headers })).statusCode;
  const group = (type: string, last: string) => ({
    jobs: [{ type, id: '1', payload: body }],
    // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
    then: { type: last, id: '2' },
  });
  expect(await put('/groups/1', group('test.echo', 'test.echo'))).toBe(202);
  expect(await put('/groups/1', group('test.anything', 'test.echo'))).toBe(403);
  expect(await put('/groups/1', group('test.echo', 'test.anything'))).toBe(403);

  const schedule = (type: string) => ({ cron: '0 3 * * *', type, payload: body });
  expect(await put('/schedules/mine', schedule('test.echo'))).toBe(201);
  expect(await put('/schedules/mine', schedule('test.anything'))).toBe(403);
  expect(await put('/schedules/other', schedule('test.anything'), all)).toBe(201);
  expect(await put('/schedules/other', schedule('test.echo'))).toBe(403);
  const ask = (method: 'GET' | 'POST' | 'DELETE', url: string) =>
    app.inject({ method, url, headers: { authorization: some.authorization } });
  expect((await ask('GET', '/schedules/other')).statusCode).toBe(403);
  expect((await ask('DELETE', '/schedules/other')).statusCode).toBe(403);
  expect((await ask('GET', '/schedules')).json().schedules.map(({ id }: { id: string }) => id)).toEqual(['mine']);
  expect((await ask('GET', '/limits')).json().limits).toEqual([{ type: 'test.echo' }]);
  expect((await ask('GET', '/queues')).json().queues).toEqual([]);
  expect((await ask('POST', '/queues/default/pause')).statusCode).toBe(403);
});

test.each([
  [['test.*'], 'test.echo', true],
  [['test.*', 'image.one'], 'test.anything', true],
  [['tes.*'], 'test.echo', false],
  [['test'], 'test.echo', false],
])('%j touches %s: %s', async (types, type, may) => {
  const { app, add } = createGuardedApp();
  const { headers } = add(['read'], { types });
  expect((await app.inject({ url: `/jobs/${type}/1`, headers })).statusCode).toBe(may ? 404 : 403);
});

test('dead letters are asked for by the types of the caller', async () => {
  const asked: unknown[] = [];
  const deadLetters = {
    page: async (filter: object) => {
      asked.push(filter);
      return [];
    },
    find: async () => undefined,
    async *redrive(filter: object) {
      asked.push(filter);
      yield* [];
    },
  };
  const { app, add } = createGuardedApp({ replaced: { deadLetters } });
  const { headers } = add(['read', 'operate'], { types: ['test.*'] });
  await app.inject({ url: '/dead-letters', headers });
  await app.inject({ method: 'POST', url: '/dead-letters/redrive?code=job-failed', headers });
  expect(asked).toEqual([{ types: ['test.*'] }, { code: 'job-failed', types: ['test.*'] }]);
});

test('what may not be done is refused before the body is read', async () => {
  const { app, add } = createGuardedApp();
  const { headers } = add(['read']);
  const answer = await app.inject({
    method: 'PUT',
    url: '/jobs/test.echo/1',
    headers: { ...headers, ...json },
    payload: '{',
  });
  expect([answer.statusCode, answer.json().code]).toEqual([403, 'insufficient-scope']);
});

test('a route that does not stand in the table cannot be registered', async () => {
  const app = fastify();
  guard(app, { identify: async () => ({ id: '', access: { scopes: [], types: undefined } }) });
  expect(() => app.get('/forgotten', () => '')).toThrow('GET /forgotten does not stand in producer/access-table.ts');
});

test('many at once: each line by its type, and by what is to follow it', async () => {
  const { app, add, submitted } = createGuardedApp();
  const { headers } = add(['submit'], { types: ['test.echo'] });
  const lines = [
    { type: 'test.echo', payload: body },
    { type: 'test.anything', payload: 1 },
    { type: 'test.unknown', payload: 1 },
    // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
    { type: 'test.echo', payload: body, then: 'test.anything' },
  ];
  const payload = lines.map((line) => JSON.stringify(line)).join('\n');
  const many = { ...headers, 'content-type': 'application/x-ndjson' };
  const answer = await app.inject({ method: 'POST', url: '/jobs', payload, headers: many });
  const answers = answer.body.trim().split('\n');
  expect(answers.map((line) => JSON.parse(line)).map(({ status, code }) => code ?? status)).toEqual([
    ...[202, 'type-not-allowed', 'type-not-allowed', 'type-not-allowed'],
  ]);
  expect(submitted).toHaveLength(1);
});

test('jobs are listed, and events told, by the types of the caller', async () => {
  const asked: unknown[] = [];
  const replaced = {
    listJobs: async (filter: object) => {
      asked.push(filter);
      return { jobs: [], next: undefined };
    },
  };
  const { app, add } = createGuardedApp({ replaced });
  const of = (types?: string[]) => add(['read'], types === undefined ? {} : { types }).headers;
  const list = async (query: string, headers: object) =>
    (await app.inject({ url: `/jobs${query}`, headers: { ...headers } })).statusCode;
  expect(await list('', of())).toBe(200);
  expect(await list('', of(['test.*', 'gone.long']))).toBe(200);
  expect(await list('?type=test.echo', of(['test.*']))).toBe(200);
  expect(await list('?type=test.echo', of(['test.anything']))).toBe(403);
  expect(asked).toEqual([{}, { types: ['gone.long', 'test.anything', 'test.echo'] }, { types: ['test.echo'] }]);
});

test("an idempotency key is its caller's own", async () => {
  const { app, add, submitted } = createGuardedApp();
  const post = (headers: object) =>
    app.inject({
      ...{ method: 'POST', url: '/jobs/test.echo', payload: body },
      headers: { ...headers, ...json, 'idempotency-key': '"order-7"' },
    });
  const [one, other] = [add(['submit']).headers, add(['submit']).headers];
  for (const headers of [one, other, one]) await post(headers);
  const [first, second, third] = submitted.map(({ id }) => id);
  expect(first).not.toBe(second);
  expect(third).toBe(first);
});
