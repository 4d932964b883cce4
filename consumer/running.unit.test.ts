import Type from 'typebox';
import { expect, test } from 'vitest';
import { defineJob } from '../schemas/define-job.ts';
import type { HandlerResult } from './handler-result.ts';
import { type Call, createRunning } from './running.ts';
import type { Task } from './task.ts';

const definition = defineJob({
  type: 't',
  payload: Type.Null(),
  result: Type.Null(),
  timeout: 1_000,
  handler: () => null,
});
const job = { definition, file: 'file:///t.ts' };
const taskOf = (offset: number): Task => {
  const submit = { kind: 'submit', type: 't', id: '1', generation: 0, attempt: 1, key: 'k', payload: '{}' } as const;
  const command = { ...submit, digest: 'd', submittedAt: 1, dueAt: null, after: null, options: null };
  const about = { offset, key: 'k', tenant: '', bytes: 1, startedAt: null, notBefore: 0 };
  return { ...about, command, opened: undefined, traceparent: 'trace' };
};
const done: HandlerResult = { ok: true, result: '1' };

/** Functions that come back when the test says so. */
function prepare() {
  const answers: PromiseWithResolvers<HandlerResult>[] = [];
  const signals: (() => AbortSignal)[] = [];
  const announced: number[] = [];
  const told: (string | undefined)[] = [];
  const progress: ((text: string) => void)[] = [];
  const call: Call = (_, __, { signal, progress: tell }) => {
    progress.push(tell);
    const answer = Promise.withResolvers<HandlerResult>();
    answers.push(answer);
    signals.push(signal);
    return answer.promise;
  };
  const running = createRunning(call, ({ offset }, about) => {
    announced.push(offset);
    told.push(about.progress);
  });
  const now = performance.now();
  return { running, answers, signals, announced, told, progress, after: (ms: number) => running.sweep(now + ms) };
}

test('answers what the function answers, and notes when it began', async () => {
  const { running, answers, after, announced } = prepare();
  const task = taskOf(0);
  const result = running.run(task, job);
  expect(task.startedAt).toEqual(expect.any(Number));
  after(200);
  answers[0]?.resolve(done);
  expect(await result).toEqual(done);
  after(5_000);
  expect(announced).toEqual([]);
});

test('a run longer than a quarter of a second is announced, once', () => {
  const { running, after, announced } = prepare();
  running.run(taskOf(7), job);
  after(240);
  expect(announced).toEqual([]);
  for (const ms of [300, 400, 900]) after(ms);
  expect(announced).toEqual([7]);
});

test('over its time it has failed and is aborted; what it answers later is nobody’s', async () => {
  const { running, answers, signals, after } = prepare();
  const result = running.run(taskOf(0), job);
  const signal = signals[0]?.();
  after(990);
  expect(signal?.aborted).toBe(false);
  after(1_050);
  expect(await result).toMatchObject({ ok: false, code: 'job-timed-out' });
  expect(signal?.reason).toMatchObject({ code: 'job-timed-out' });
  answers[0]?.resolve(done);
  after(2_000);
});

test('a call may have a timeout of its own', async () => {
  const { running, after } = prepare();
  const task = taskOf(0);
  const longer = running.run({ ...task, command: { ...task.command, options: '{"timeoutMs":5000}' } }, job);
  let settled = false;
  longer.finally(() => (settled = true));
  after(4_900);
  await new Promise(setImmediate);
  expect(settled).toBe(false);
  after(5_050);
  expect(await longer).toMatchObject({ code: 'job-timed-out', detail: 'The function took longer than its 5000 ms.' });
});

test('a fault of the caller is thrown, and the run is over', async () => {
  const { running, answers, after, announced } = prepare();
  const result = running.run(taskOf(0), job);
  answers[0]?.reject(new Error('a fault of ours'));
  await expect(result).rejects.toThrow('a fault of ours');
  after(500);
  expect(announced).toEqual([]);
});

test('progress is told after the beginning, four times a second at most, and always the latest', () => {
  const { running, progress, told, after } = prepare();
  running.run(taskOf(0), job);
  progress[0]?.('{"current":1}');
  after(300);
  after(400);
  expect(told).toEqual([undefined]);
  after(560);
  for (const current of [2, 3, 4]) progress[0]?.(`{"current":${current}}`);
  after(700);
  after(820);
  after(990);
  expect(told).toEqual([undefined, '{"current":1}', '{"current":4}']);
});

test('a function that is silent for longer than its heartbeat is stuck, and aborted; one that tells its progress is not', async () => {
  const { running, signals, progress } = prepare();
  const watched = { ...job, definition: { ...definition, heartbeat: 400, timeout: 60_000 } };
  const began = performance.now();
  const [silent, alive] = [running.run(taskOf(0), watched), running.run(taskOf(1), watched)];
  const signal = signals[0]?.();
  running.sweep(began + 390);
  expect(signal?.aborted).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const beat = performance.now();
  progress[1]?.('{}');
  running.sweep(beat + 390);
  expect(await silent).toMatchObject({ ok: false, code: 'job-stuck' });
  expect(signal?.reason).toMatchObject({ code: 'job-stuck' });
  running.sweep(beat + 10_000);
  expect(await alive).toMatchObject({ code: 'job-stuck' });
});

test('when the partition goes, all that runs is aborted, and what is over is not', async () => {
  const { running, answers, signals } = prepare();
  const first = running.run(taskOf(0), job);
  running.run(taskOf(1), job);
  const [over, runs] = [signals[0]?.(), signals[1]?.()];
  answers[0]?.resolve(done);
  await first;
  running.abortAll();
  expect([over?.aborted, runs?.aborted]).toEqual([false, true]);
  expect(runs?.reason).toMatchObject({ code: 'shutting-down' });
});
