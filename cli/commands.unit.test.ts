// What commands ask of the API, show of its answers, and end with.
import { expect, test } from 'vitest';
import { answers, hangsUp, refuses, type Step, scriptedServer } from '../client/scripted-server.fixture.ts';
import { createTestTerminal, runOn } from './terminal.fixture.ts';

const at = '2026-01-02T03:04:05.006Z';
const job = (state: string, more: object = {}) => ({
  ...{ type: 'demo.echo', id: '1', state, generation: 0, attempt: 1, key: 'demo.echo/1' },
  ...{ createdAt: at, updatedAt: at, position: 'putlog.commands.default.normal/3@42', ...more },
});
const problem = { title: 'It failed', status: 500, detail: 'no \u001b[2J good', code: 'job-failed', retriable: false };

async function run(script: Step[], args: string[], told: Parameters<typeof createTestTerminal>[0] = {}) {
  const { url, asked } = await scriptedServer(script);
  const test = createTestTerminal(told);
  const code = await runOn(test, [...args, '--url', url]);
  return { code, asked, ...test };
}

test('submit: the payload from an argument, options as the API knows them, the status', async () => {
  const args = ['submit', 'demo.echo', '{"n":1}', '--id', '1', '--key', 'k', '--delay', '1m30s', '--priority', '6'];
  const { code, asked, out } = await run([answers(202, job('queued'))], [...args, '--then', 'a.b', '--then', 'c.d/2']);
  expect(code).toBe(0);
  expect(asked).toMatchObject([
    { method: 'PUT', url: '/jobs/demo.echo/1?key=k&delay=90&then=a.b&then=c.d%2F2', body: '{"n":1}' },
  ]);
  expect(asked[0]?.headers).toMatchObject({ priority: 'u=6' });
  expect(asked[0]?.headers).not.toHaveProperty('if-none-match');
  expect(out()).toMatch(/^demo\.echo\/1 {2}queued\n {2}attempt {3}1\n/);
});

test('submit without an id: one that the server makes, from the input, with the key of PUTLOG_KEY', async () => {
  const { asked, json } = await run([answers(202, job('queued'))], ['submit', 'demo.echo', '-', '--json'], {
    ...{ input: '{"n":2}', env: { PUTLOG_KEY: 'putlog_secret' } },
  });
  expect(asked).toMatchObject([{ method: 'POST', url: '/jobs/demo.echo', body: '{"n":2}' }]);
  expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer putlog_secret' });
  expect(json()).toEqual([job('queued')]);
});

test.each([
  ['succeeded', { result: { n: 1 } }, 0],
  ['failed', { error: problem }, 1],
  ['cancelled', {}, 1],
])('submit --wait: a job that has %s', async (state, more, expected) => {
  const script = [answers(202, job('queued')), answers(200, job(state, more))];
  const { code, asked, out } = await run(script, ['submit', 'demo.echo', '{}', '--id', '1', '--wait', '20s']);
  expect(code).toBe(expected);
  expect(asked.map(({ method, headers }) => [method, headers.prefer])).toEqual([
    ['PUT', 'wait=20'],
    ['GET', expect.stringMatching(/^wait=(?:20|1\d)$/)],
  ]);
  expect(out()).toContain(`demo.echo/1  ${state}\n`);
  expect(out()).not.toContain('\u001b');
});

test('submit --wait: not over when the time is up', async () => {
  const { code, json } = await run(
    [
      answers(202, job('running')),
      (response) => void setTimeout(() => response.destroy(), 1_000),
      answers(200, job('running')),
    ],
    ['submit', 'demo.echo', '{}', '--id', '1', '--wait', '300ms', '--json'],
  );
  expect(code).toBe(4);
  expect(json()).toEqual([job('running')]);
});

test('submit --lines: each line a call, what is refused is said, and ends it with 1', async () => {
  const lines = [
    { line: 1, status: 202, type: 'demo.echo', id: 'a', location: '/jobs/demo.echo/a' },
    { ...problem, line: 2, code: 'invalid-payload', detail: '/n is required' },
  ];
  const step: Step = (response) => void response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { code, asked, out } = await run([step], ['submit', 'demo.echo', '-', '--lines', '--key', 'k'], {
    input: '{"n":1}\n\n{"m":1}\n',
  });
  expect(code).toBe(1);
  expect(asked).toMatchObject([{ method: 'POST', url: '/jobs' }]);
  expect(
    asked[0]?.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { type: 'demo.echo', payload: { n: 1 }, key: 'k' },
    { type: 'demo.echo', payload: { m: 1 }, key: 'k' },
  ]);
  expect(out()).toBe('1  accepted  demo.echo/a\n2  refused  /n is required (invalid-payload)\n');
});

test.each([
  [['submit'], /give a job type and a payload/],
  [['submit', 'demo.echo'], /give a payload/],
  [['submit', 'demo.echo', '{n:1}'], /the payload is not JSON/],
  [['submit', 'demo.echo', '@/no/such/file'], /\/no\/such\/file cannot be read/],
  [['submit', 'demo.echo', '{}', '--new'], /--new needs --id/],
  [['submit', 'demo.echo', '-', '--lines', '--wait', '1s'], /--lines submits many/],
  [['submit', 'demo.echo', '{}', '--priority', '9'], /0 to 7/],
  [['get', 'demo.echo'], /name the job as type\/id/],
  [['get', 'demo.echo/1', '--at', '5m', '--wait', '1s'], /nothing to --wait for/],
  [['list', '--state', 'done'], /one or more of scheduled,queued/],
  [['limits', 'set', 'demo.echo'], /give --concurrency, --per-second or both/],
  [['schedules', 'put', 'nightly'], /give all of it as JSON, or by --cron/],
  [['dlq', 'show', 'x'], /topic\/partition@offset/],
  [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
  [['queues', 'pause'], /missing required argument 'queue'/],
])('%j is wrong usage', async (args, message) => {
  const test = createTestTerminal();
  expect(await runOn(test, args)).toBe(2);
  expect(test.err()).toMatch(message);
});

test('get: as it was', async () => {
  const { asked, code } = await run(
    [answers(200, job('queued'))],
    ['get', 'demo.echo', '1', '--at', 'putlog.events/3@1'],
  );
  expect([code, asked[0]?.url]).toEqual([0, '/jobs/demo.echo/1?at=putlog.events%2F3%401']);
});

test('what the API refuses is said with its code and ends with 1; as JSON it is the problem document', async () => {
  const told = { errors: [{ pointer: '/n', detail: 'is required' }] };
  const refused = () => refuses(422, 'invalid-payload', told);
  const text = await run([refused()], ['submit', 'demo.echo', '{}']);
  expect([text.code, text.err()]).toEqual([1, 'error: so it is (invalid-payload)\n  /n: is required']);
  const asJson = await run([refused()], ['submit', 'demo.echo', '{}', '--json']);
  expect(JSON.parse(asJson.err())).toMatchObject({ code: 'invalid-payload', status: 422, ...told });
});

test('a key that may not: what to do about it', async () => {
  const { code, err } = await run([refuses(403, 'insufficient-scope')], ['queues']);
  expect(code).toBe(1);
  expect(err()).toMatch(/insufficient-scope.*\n.*another key/);
});

test('no API: 3, and where it was looked for', async () => {
  const test = createTestTerminal();
  expect(await runOn(test, ['queues', '--url', 'http://127.0.0.1:9'])).toBe(3);
  expect(test.err()).toMatch(/no answer to GET http:\/\/127\.0\.0\.1:9\/queues.*\n.*--url or PUTLOG_URL/);
  const { code } = await run([hangsUp, hangsUp, hangsUp, hangsUp], ['stats']);
  expect(code).toBe(3);
});

test('list: a table, or a line of JSON each, over all pages up to a limit', async () => {
  const page = (from: number, next?: string) =>
    answers(
      200,
      { jobs: [from, from + 1].map((n) => job('failed', { id: String(n), error: problem })) },
      next ? { link: `<${next}>; rel="next"` } : {},
    );
  const pages = [page(1, '/jobs?limit=3&cursor=x'), page(3)];
  const lines = await run(pages, ['list', '--state', 'failed', '--limit', '3', '--json']);
  expect(lines.asked.map(({ url }) => url)).toEqual(['/jobs?state=failed&limit=3', '/jobs?limit=3&cursor=x']);
  expect(lines.json().map(({ id }) => id)).toEqual(['1', '2', '3']);
  const shown = await run([page(1)], ['list'], { isTerminal: true, columns: 60 });
  expect(shown.out().split('\n')).toHaveLength(4);
  expect(shown.out()).toContain('\u001b[31mfailed\u001b[39m');
  expect(shown.out()).not.toContain('\u001b[2J');
});

test('dlq redrive: a line each, and how many', async () => {
  const letter = { ...problem, position: 'c/3@1', type: 'demo.echo', id: '1', generation: 0, attempt: 3, at };
  const step: Step = (response) =>
    void response.end(['redriven', 'gone'].map((outcome) => `${JSON.stringify({ ...letter, outcome })}\n`).join(''));
  const { asked, out } = await run([step], ['redrive', '--type', 'demo.echo', '--per-second', '5']);
  expect(asked).toMatchObject([{ method: 'POST', url: '/dead-letters/redrive?type=demo.echo&perSecond=5' }]);
  expect(out()).toBe(
    'redriven  c/3@1  demo.echo/1\ngone  c/3@1  demo.echo/1\n1 sent again, 1 could not be: their bytes are gone\n',
  );
});
