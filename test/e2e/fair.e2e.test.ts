// Invariant: whoever has thousands of calls waiting, a caller or an ordering key, holds up nobody who comes behind, also when the worker
// is killed while it has more in hand than a commit can name. One partition of four slots, which all share.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { nodeFlags } from '../../cli/node-flags.ts';
import type { Api } from './api.ts';
import { breachesOfOneOutcome, readTopic, terminalEvents } from './event-log.ts';
import { inParallel } from './in-parallel.ts';
import { postAll } from './line-client.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const concurrency = 4;
const system = useSystem({
  settings: {
    PUTLOG_PARTITIONS: '1',
    PUTLOG_CONCURRENCY: String(concurrency),
    PUTLOG_SESSION_TIMEOUT_MS: '6000',
    PUTLOG_CATCH_UP_MS: '30000',
  },
});
const program = join(import.meta.dirname, '../../cli/putlog.js');
const run = promisify(execFile);
let api: Api;
let worker: ServiceProcess;
let reader: Record<string, string>;

async function newKey(): Promise<Record<string, string>> {
  const args = ['keys', 'add', '--name', 'test', '--scope', 'submit,read', '--json'];
  const { stdout } = await run(process.execPath, [...nodeFlags, program, ...args], { env: system.environment() });
  return { authorization: `Bearer ${(JSON.parse(stdout) as { key: string }).key}` };
}

beforeAll(async () => {
  reader = await newKey();
  [api, worker] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sleep = (id: string, ms: number, key?: string) =>
  `${JSON.stringify({ type: 'demo.sleep', id, payload: { ms }, ...(key && { key }) })}\n`;
async function accepted(lines: string[], who: Record<string, string>): Promise<void> {
  const answers = await postAll(api.url, lines, who);
  expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
}
const isOver = async (name: string) => {
  const headers = { ...reader, prefer: 'wait=30' };
  return (await api.request('GET', `/jobs/${name}`, { headers })).body.state === 'succeeded';
};
/** Resolves when all are over, to the subjects in the order of their ends. */
async function orderOfEnds(names: readonly string[]): Promise<string[]> {
  await inParallel(16, names, async (name) => {
    while (!(await isOver(name)));
  });
  const events = (await readTopic(system.brokers, system.topics.events)).filter(({ subject }) =>
    names.includes(subject),
  );
  const expected = new Map(names.map((name) => [name, 'succeeded']));
  expect(breachesOfOneOutcome(events, expected)).toEqual([]);
  return [...terminalEvents(events).keys()];
}

test('a caller with 4,000 calls waiting does not hold up another, nor when the worker is killed in between', {
  timeout: 600_000,
}, async () => {
  const [much, little] = [await newKey(), await newKey()];
  const many = numbers(4_000).map((n) => `many-${n}`);
  const few = numbers(100).map((n) => `few-${n}`);
  await accepted(
    many.map((id) => sleep(id, 20)),
    much,
  );
  await accepted(
    few.map((id) => sleep(id, 20)),
    little,
  );
  await inParallel(1, few.slice(0, 10), async (id) => {
    while (!(await isOver(`demo.sleep/${id}`)));
  });
  await worker.end('SIGKILL');
  worker = await system.start('worker');
  const order = await orderOfEnds([...many, ...few].map((id) => `demo.sleep/${id}`));
  const last = Math.max(...few.map((id) => order.indexOf(`demo.sleep/${id}`)));
  expect(last, 'ends before the last of the hundred').toBeLessThan(many.length / 2);
});

test('an ordering key with 3,000 calls holds up itself alone', { timeout: 600_000 }, async () => {
  const hot = numbers(3_000).map((n) => `hot-${n}`);
  const others = numbers(200).map((n) => `other-${n}`);
  await accepted(
    hot.map((id) => sleep(id, 5, 'hot')),
    reader,
  );
  await accepted(
    others.map((id) => sleep(id, 5)),
    reader,
  );
  const order = await orderOfEnds([...hot, ...others].map((id) => `demo.sleep/${id}`));
  expect(order.filter((name) => name.includes('/hot-'))).toEqual(hot.map((id) => `demo.sleep/${id}`));
  const last = Math.max(...others.map((id) => order.indexOf(`demo.sleep/${id}`)));
  expect(last, 'ends before the last of the others').toBeLessThan(hot.length / 2);
});
