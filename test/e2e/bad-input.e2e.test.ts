// Bad input of every kind against a real API over real sockets: each gets a problem document with the right status, and the
// process lives. What looks like an operator to a database is data like any other, and comes back as it was.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from 'vitest';
import type { Api } from './api.ts';
import type { ServiceProcess } from './service-process.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs, PUTLOG_BODY_TIMEOUT_MS: '700' } });
let api: Api & { process: ServiceProcess };

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const good = '{"n":1,"text":"x"}';
const json = { 'content-type': 'application/json' };
const echo = '/jobs/demo.echo/1';
const mirror = '/jobs/test.mirror/1';

test.each<[string, number, string, string, { body: string; headers?: Record<string, string> }]>([
  ['malformed JSON', 400, 'malformed-json', echo, { body: '{"n":1,' }],
  ['no body', 400, 'malformed-json', echo, { body: '' }],
  ['__proto__', 400, 'malformed-request', mirror, { body: '{"a":{"__proto__":{"admin":true}}}' }],
  ['constructor', 400, 'malformed-request', mirror, { body: '{"constructor":{"prototype":{"admin":true}}}' }],
  ['100,000 levels', 400, 'malformed-request', mirror, { body: '['.repeat(1e5) + ']'.repeat(1e5) }],
  ['an id out of the alphabet', 400, 'invalid-id', '/jobs/demo.echo/a%20b', { body: good }],
  ['an id with a slash', 400, 'invalid-id', '/jobs/demo.echo/a%2Fb', { body: good }],
  ['an id of 201 characters', 400, 'invalid-id', `/jobs/demo.echo/${'a'.repeat(201)}`, { body: good }],
  ['an unknown type', 404, 'unknown-job-type', '/jobs/demo.ehco/1', { body: good }],
  ['an unknown address', 404, 'unknown-route', '/nothing', { body: good }],
  ['300 KiB', 413, 'payload-too-large', mirror, { body: JSON.stringify('x'.repeat(300 * 1024)) }],
  [
    'a wrong content type',
    415,
    'unsupported-media-type',
    echo,
    { body: good, headers: { 'content-type': 'text/plain' } },
  ],
  ['a payload off its schema', 422, 'invalid-payload', echo, { body: '{"n":"one","text":"x","more":1}' }],
])('%s: %i %s', async (_, status, code, path, { body, headers = json }) => {
  const answer = await api.request('PUT', path, { body, headers });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ type: `urn:putlog:error:${code}`, status, code, instance: path });
  expect(answer.body).toHaveProperty('title');
  expect(answer.body).toHaveProperty('detail');
  expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:\d/);
});

test('a payload off its schema: every violation has a pointer', async () => {
  const { body } = await api.put('demo.echo/1', { n: 'one', text: 'x', more: 1 });
  const pointers = Array.isArray(body.errors) ? body.errors.map(({ pointer }) => pointer) : [];
  expect(pointers).toEqual(expect.arrayContaining(['/n', '/more']));
});

/** What a client gets that sends this much and then nothing more, while it keeps the connection open. */
async function answerTo(begun: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(begun);
  const answer = await text(socket);
  socket.destroy();
  return answer;
}

const head = `PUT ${echo} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n`;

test.each([
  ['a body that never ends', `${head}content-length: 100\r\n\r\n{"n":1,`],
  ['header fields that never end', head],
])('%s: 408', async (_, begun) => {
  const answer = await answerTo(begun);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  expect(answer).toContain('"code":"request-timeout"');
});

test('no HTTP at all: 400', async () => {
  const answer = await answerTo('\u0016\u0003\u0001 hello\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"malformed-request"');
});

test.each<[string, unknown]>([
  ['where', { $where: 'sleep(10000) || true', text: '$where' }],
  ['set', { $set: { state: 'failed' }, 'a.b': '$state', '': null, $literal: '$$ROOT' }],
  ['string', "'; db.dropDatabase(); //"],
  ['unicode', { 'é\u0000\u2028': ['\ud83d\ude00', -0.1, 1e-300, true] }],
])('what looks like an operator is data: %s comes back as it was', async (id, payload) => {
  const name = `test.mirror/operator-${id}`;
  expect((await api.put(name, payload)).status).toBe(202);
  const [job] = await api.finished([name]);
  expect(job).toMatchObject({ state: 'succeeded', result: payload });
  expect((await api.put(name, payload)).status).toBe(200);
});

test('after all that the same process answers as before', async () => {
  expect(api.process.hasEnded()).toBe(false);
  expect((await api.request('GET', '/livez')).status).toBe(200);
  expect((await api.put('demo.echo/after', { n: 1, text: 'x' })).status).toBe(202);
  expect(await api.finished(['demo.echo/after'])).toMatchObject([{ state: 'succeeded', result: { n: 1, length: 1 } }]);
  // Whoever sends nonsense is no fault of the server's.
  const output = await api.process.output();
  expect(output.split('\n').filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});
