import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { untilGone } from '../test/stack/deadline.ts';
import { findMarks, leaveMarks } from '../test/stack/marks.ts';
import { type OwnStack, startOwnStack } from '../test/stack/own-stack.ts';
import { tryLock } from './lock.ts';
import type { PartName } from './part.ts';

// Several stacks are started in one test.
vi.setConfig({ testTimeout: 150_000 });

let dataDir: string;
let first: OwnStack;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'putlog-test-'));
  first = await startOwnStack({ dataDir });
});

afterAll(async () => {
  await first.stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('a data directory in use is refused, with the process that has it', async () => {
  await expect(startOwnStack({ dataDir })).rejects.toThrow(
    `${dataDir} is in use by another running stack (process ${process.pid})`,
  );
});

test('topics, schema ids and documents survive a restart, also under another MongoDB port', async () => {
  const name = `mark-${crypto.randomUUID()}`;
  const left = await leaveMarks(first.addresses, name);
  const before = first.addresses;
  await first.stack.stop();

  const { port } = new URL(before.mongoUri);
  const mongod = Number(port) + 1;
  first = await startOwnStack({ dataDir, ports: { mongod } });
  const mongoUri = before.mongoUri.replace(`:${port}/`, `:${mongod}/`);
  expect(first.addresses).toEqual({ ...before, mongoUri });
  expect(await findMarks(first.addresses, name)).toEqual(left);
});

test('two stacks side by side know nothing of each other, and each part restarts alone', async () => {
  const exits: PartName[] = [];
  const second = await startOwnStack({ onExit: (part) => exits.push(part) });
  try {
    const name = `mark-${crypto.randomUUID()}`;
    const here = await leaveMarks(first.addresses, name);
    const there = await leaveMarks(second.addresses, `${name}-2`);
    expect(await findMarks(first.addresses, name)).toEqual(here);

    await second.stack.restart('kafka', 'SIGKILL');
    await second.stack.restart('registry');
    await second.stack.restart('mongod', 'SIGKILL');
    expect(exits).toEqual([]);
    expect(await findMarks(second.addresses, `${name}-2`)).toEqual(there);

    const pid = second.stack.registry?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    await expect.poll(() => exits).toEqual(['registry']);
  } finally {
    await second.remove();
  }
});

test('nothing outlives a stack whose process is killed, and the next start takes its data over', async () => {
  const killedDir = await mkdtemp(join(tmpdir(), 'putlog-test-'));
  const script = join(import.meta.dirname, '../test/stack/hold-stack.ts');
  const env = { ...process.env, PUTLOG_DATA_DIR: killedDir };
  const holder = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: holder.stdout }), 'line');
  const pids: number[] = JSON.parse(String(line));
  expect(pids).toHaveLength(3);
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;

  const next = await startOwnStack({ dataDir: killedDir });
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
  await next.remove();
});

test('an aborted start leaves no process and no lock', async () => {
  const abort = new AbortController();
  const pids: number[] = [];
  const abortedDir = await mkdtemp(join(tmpdir(), 'putlog-test-'));
  const onPid = (_: PartName, pid: number) => {
    pids.push(pid);
    if (pids.length === 3) abort.abort(new Error('enough'));
  };
  await expect(startOwnStack({ dataDir: abortedDir, signal: abort.signal, onPid })).rejects.toThrow('enough');
  await Promise.all(pids.map((pid) => untilGone(pid, 1_000)));
  const attempt = await tryLock(join(abortedDir, 'lock'));
  expect(attempt).toHaveProperty('lock');
  await rm(abortedDir, { recursive: true });
});
