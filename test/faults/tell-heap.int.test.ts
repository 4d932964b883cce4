// A process of the fault suite tells what it holds on to: what it has let go of does not count, whatever the system has given to
// it, and what buffers hold outside of the heap does. The observer takes each reading once.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import { heapsEveryVariable, heapsVariable, heldBytes, lastHeapReading, tellsHeap } from './heap-readings.ts';
import { observe } from './invariants-observe.ts';

const mebibyte = 2 ** 20;
let folder: string;
const ends: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'putlog-heaps-'));
});
afterAll(async () => {
  for (const end of ends) end();
  await rm(folder, { recursive: true, force: true });
});

/** A process that runs this and then stays. */
function run(program: string): number {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', `${program}; setInterval(() => undefined, 1_000)`],
    {
      env: { ...process.env, [heapsVariable]: folder, [heapsEveryVariable]: '200', NODE_OPTIONS: tellsHeap },
      stdio: 'inherit',
    },
  );
  ends.push(() => child.kill('SIGKILL'));
  if (child.pid === undefined) throw new Error('the process could not be started');
  return child.pid;
}

const held = (pid: number) =>
  until('a reading', async () => {
    const reading = await lastHeapReading(folder, pid);
    return reading && heldBytes(reading) / mebibyte;
  });

test('garbage does not count, objects and buffers that are held do', async () => {
  const doubles = (mib: number) => `new Array(${(mib * mebibyte) / 8}).fill(1.5)`;
  const garbage = run(`for (let i = 0; i < 48; i++) ${doubles(1)}`);
  const objects = run(`globalThis.kept = ${doubles(48)}`);
  const buffers = run(`globalThis.kept = Buffer.alloc(48 * ${mebibyte}, 1)`);
  expect(await held(garbage)).toBeLessThan(24);
  expect(await held(objects)).toBeGreaterThan(48);
  expect(await held(buffers)).toBeGreaterThan(48);
});

test('the observer takes every reading once', async () => {
  const pid = run('');
  const observer = observe({
    ...{ kafka: inject('stack').brokers, groups: [], topics: [], heaps: folder, everyMs: 5 },
    processes: () => [{ name: 'one', pid }],
  });
  await held(pid);
  const first = await lastHeapReading(folder, pid);
  await until('another reading', async () => (await lastHeapReading(folder, pid))?.at !== first?.at);
  const { processes } = await observer.stop();
  const told = processes.filter(({ heapBytes }) => heapBytes !== undefined);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(processes.length);
});
