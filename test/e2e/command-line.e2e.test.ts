// The command line does against a real system what docs/command-line.md says, shows it to people and to scripts, and ends with what came
// of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from 'vitest';
import { nodeFlags } from '../../cli/node-flags.ts';
import { until } from '../stack/deadline.ts';
import { randomName } from '../stack/log.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const program = join(import.meta.dirname, '../../cli/putlog.js');
let url: string;

beforeAll(async () => {
  const [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  url = api.url;
});

type More = { input?: string; env?: Record<string, string> };
type Ended = { code: number | null; out: string; err: string };

const begin = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [...nodeFlags, program, ...args], {
    env: { ...system.environment(), PUTLOG_URL: url, ...env },
  });

async function putlog(args: readonly string[], { input = '', env }: More = {}): Promise<Ended> {
  const child = begin(args, env);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('it has no pipes');
  stdin.end(input);
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(stdout), text(stderr)]);
  return { code, out, err };
}

type Value = Readonly<Record<string, unknown>>;
const valuesOf = (out: string): Value[] => out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

/** What it says as JSON; it must have gone well. */
async function told(...args: string[]): Promise<Value[]> {
  const { code, out, err } = await putlog([...args, '--json']);
  expect(code, err).toBe(0);
  return valuesOf(out);
}

test('a call, its result, its history, and how it was', async () => {
  const payload = '{"n":1,"text":"hello"}';
  const called = await putlog(['submit', 'demo.echo', payload, '--id', 'one', '--wait', '60s']);
  expect(called).toMatchObject({ code: 0, err: '' });
  expect(called.out).toMatch(/^demo\.echo\/one {2}succeeded\n/);
  expect(called.out).toContain('result    {"n":1,"length":5}\n');
  const [job] = await told('get', 'demo.echo', 'one');
  expect(job).toMatchObject({ state: 'succeeded', result: { n: 1, length: 5 } });
  const [event] = await told('events', 'demo.echo/one');
  expect(event).toMatchObject({ kind: 'succeeded', job: 'demo.echo/one' });
  expect(await told('events', 'demo.echo/one', '--follow')).toMatchObject([{ kind: 'succeeded' }]);
  expect(await told('get', 'demo.echo/one', '--at', String(job?.createdAt))).toMatchObject([{ state: 'queued' }]);
  expect(await told('get', 'demo.echo/one', '--at', String(event?.position))).toEqual([job]);
  expect(await putlog(['get', 'demo.echo/one', '--at', '1h'])).toMatchObject({
    ...{ code: 1, err: expect.stringMatching(/was not there yet: it was accepted at .*\(unknown-job\)/) },
  });
  expect(await told('stats')).toMatchObject([{ succeeded: expect.any(Number) }]);
});

test('a job that fails ends it with 1, one that goes on with 4; it is cancelled', async () => {
  const failed = await putlog(['submit', 'demo.fail', '{"times":9,"message":"no"}', '--id', 'f', '--wait', '60s']);
  expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('error     no (job-failed)') });
  const slow = ['submit', 'demo.sleep', '{"ms":600000}', '--id', 'long', '--timeout', '15m', '--wait', '1s'];
  expect(await putlog(slow)).toMatchObject({ code: 4 });
  const cancelled = await putlog(['cancel', 'demo.sleep/long', '--wait', '60s']);
  expect(cancelled).toMatchObject({ code: 0, out: expect.stringMatching(/^demo\.sleep\/long {2}cancelled\n/) });
});

test('many, as lines of the input, and a list of them', async () => {
  const input = Array.from({ length: 60 }, (_, n) => JSON.stringify({ n, text: 'x' })).join('\n');
  const sent = await putlog(['submit', 'demo.echo', '-', '--lines', '--key', 'many', '--json'], { input });
  expect([sent.code, valuesOf(sent.out).length]).toEqual([0, 60]);
  const mixed = `{"type":"demo.echo","id":"m","payload":{"n":1,"text":""}}\n{"type":"demo.echo","payload":{}}\n`;
  const refused = await putlog(['submit', '--lines'], { input: mixed });
  expect(refused).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^1 {2}accepted {2}demo\.echo\/m\n2 {2}refused {2}/),
  });
  await until('all of them in the list', async () => {
    const listed = await told('list', '--key', 'many', '--state', 'succeeded', '--limit', 'all');
    return listed.length === 60 ? true : undefined;
  });
  const { out } = await putlog(['list', '--key', 'many', '--limit', '5']);
  expect(out.trimEnd().split('\n')).toHaveLength(6);
});

/** Until what it has written matches. */
async function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  let out = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  await until(`${pattern}`, async () => (pattern.test(out) ? true : undefined));
}

test('watch tells of queues and jobs as they change, and ends cleanly with ^C, or when nobody reads on', async () => {
  const child = begin(['watch']);
  await said(child, /queue default {2}\d+ waiting\n/);
  const [name] = await told('submit', 'demo.echo', '{"n":1,"text":"watched"}');
  await said(begin(['get', `demo.echo/${name?.id}`, '--wait', '60s']), /succeeded/);
  await said(begin(['list', '--limit', '1']), /STATE/);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);

  const unread = begin(['watch', '--interval', '100ms']);
  await said(unread, /queue default/);
  unread.stdout?.destroy();
  const closed = once(unread, 'exit');
  await told('queues', 'pause', 'webhooks');
  expect(await closed).toEqual([0, null]);
  await told('queues', 'resume', 'webhooks');
});

test('queues, limits and schedules', async () => {
  expect(await told('queues', 'pause', 'default')).toMatchObject([{ name: 'default', paused: true }]);
  expect((await putlog(['queues'])).out).toMatch(/^default +\d+ .*paused for /m);
  expect(await told('queues', 'resume', 'default')).toMatchObject([{ paused: false }]);
  expect(await putlog(['queues', 'pause', 'nowhere'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/unknown-queue/),
  });

  expect(await told('limits', 'set', 'demo.sleep', '--concurrency', '2')).toMatchObject([{ concurrency: 2 }]);
  expect((await putlog(['limits'])).out).toMatch(/^demo\.sleep +2 /m);
  expect((await putlog(['limits', 'reset', 'demo.sleep'])).out).toBe('demo.sleep: no limit\n');

  const payload = ['--type', 'demo.echo', '--payload', '{"n":1,"text":"night"}'];
  const put = await putlog(['schedules', 'put', 'nightly', '--cron', '0 3 * * *', ...payload]);
  expect(put).toMatchObject({ code: 0, out: expect.stringMatching(/^nightly: next at .*T03:00:00\.000Z\n$/) });
  expect((await putlog(['schedules'])).out).toMatch(/^nightly +0 3 \* \* \* +UTC +demo\.echo /m);
  expect(await told('schedules', 'get', 'nightly')).toMatchObject([{ payload: { n: 1, text: 'night' } }]);
  expect((await putlog(['schedules', 'delete', 'nightly'])).code).toBe(0);
  expect(await putlog(['schedules', 'delete', 'nightly'])).toMatchObject({ code: 1 });
});

test('dead letters', async () => {
  const [letter] = await until('the dead letter', async () => {
    const found = await told('dlq', '--type', 'demo.fail', '--redriven', 'false');
    return found.length > 0 ? found : undefined;
  });
  const position = String(letter?.position);
  expect(await told('dlq', 'show', position)).toMatchObject([{ id: 'f', original: expect.any(String) }]);
  const again = await putlog(['dlq', 'redrive', '--position', position]);
  expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^redriven {2}.*\n1 sent again\n$/) });
  expect(await putlog(['dlq', 'redrive'])).toMatchObject({ code: 1, err: expect.stringContaining('say which') });
});

test('the log: who is behind, and whether the topics are as wanted', async () => {
  await until('nobody behind', async () => {
    const lags = await told('lag', '--all');
    expect(lags).toContainEqual(expect.objectContaining({ queue: 'default', lane: 'normal', partition: 0 }));
    expect(lags).toContainEqual(expect.objectContaining({ topic: system.topics.events, workers: null }));
    return lags.every(({ workers, projector }) => (workers ?? 0) === 0 && projector === 0) ? true : undefined;
  });
  expect((await putlog(['lag'])).out).toMatch(/^QUEUE +LANE +PARTITION +END +WORKERS +OLDEST +PROJECTOR\n/);
  expect(await putlog(['topics', 'check'])).toMatchObject({ code: 0 });
  const differing = await putlog(['topics', 'check'], {
    env: { PUTLOG_PARTITIONS: '3', PUTLOG_EVENT_RETENTION_MS: '1000' },
  });
  expect(differing.code).toBe(1);
  expect(differing.out).toMatch(/retention\.ms is -1, not 1000; it has \d+ partitions, not 3/);

  const env = { PUTLOG_PREFIX: randomName('made') };
  expect(await putlog(['topics', 'check'], { env })).toMatchObject({ code: 1, out: expect.stringMatching(/missing/) });
  expect((await putlog(['topics', 'create'], { env })).code).toBe(0);
  expect(await putlog(['topics', 'check'], { env })).toMatchObject({ code: 0 });
  expect((await putlog(['topics', 'create'], { env })).out).toBe('nothing lacks\n');
});

test('wrong usage is 2, nobody there 3', async () => {
  expect(await putlog(['submit', 'demo.echo', '{n}'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/is not JSON/),
  });
  expect(await putlog(['sbumit'])).toMatchObject({ code: 2, err: expect.stringMatching(/Did you mean submit/) });
  expect(await putlog(['list', '--url', 'http://127.0.0.1:9'])).toMatchObject({
    code: 3,
    err: expect.stringMatching(/ECONNREFUSED|bad port/),
  });
  expect(await putlog(['lag'], { env: { KAFKA_BROKERS: '127.0.0.1:9' } })).toMatchObject({ code: 3, out: '' });
});

test('bash completes it', async () => {
  const script = `source <("$0" "$1" completion bash); COMP_WORDS=(putlog queues p); COMP_CWORD=2; _putlog; echo "\${COMPREPLY[@]}"`;
  const child = spawn('bash', ['-c', script, process.execPath, program]);
  expect((await text(child.stdout)).trim()).toBe('pause');
});

// The last: from now on every call needs a key.
test('a key without the scope: 1, and what to do', async () => {
  const [key] = await told('keys', 'add', '--name', 'reader', '--scope', 'read');
  const env = { PUTLOG_KEY: String(key?.key) };
  await until('a key that counts', async () => ((await putlog(['queues'])).code === 1 ? true : undefined));
  expect(await putlog(['queues'], { env })).toMatchObject({ code: 0 });
  const refused = await putlog(['queues', 'pause', 'default'], { env });
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/insufficient-scope.*\n.*another key/) });
});
