// The stream of answers: in order, bounded in both directions, and over when either end is.
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type AnswerLinesOptions, answerLines } from './answer-lines.ts';

const options: Omit<AnswerLinesOptions, 'answer'> = {
  maxLineBytes: 100,
  lineTimeoutMs: 60_000,
  tooSlow: (number) => `slow ${number}\n`,
};
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const many = (count: number) =>
  Readable.from(
    numbers(count).map((n) => Buffer.from(`${n}\n`)),
    { objectMode: false },
  );

test('answers come in the order of the lines, in whatever order they are ready; what has none leaves no gap', async () => {
  const later = [new Promise<string>((resolve) => setImmediate(resolve, 'late\n')), 'now\n', '', 'too\n'];
  const { output } = answerLines(many(4), { ...options, answer: (_, number) => later[number - 1] ?? '' });
  expect(await text(output)).toBe('late\nnow\ntoo\n');
});

test('the last line needs no line feed; an empty body has no answers', async () => {
  const answer = (line: Buffer | 'too-long', number: number) => `${number}:${line}\n`;
  const body = Readable.from([Buffer.from('a\n\nb')], { objectMode: false });
  expect(await text(answerLines(body, { ...options, answer }).output)).toBe('1:a\n2:\n3:b\n');
  expect(await text(answerLines(many(0), { ...options, answer }).output)).toBe('');
});

test('no more lines are in hand than the window has, however slowly they are answered', async () => {
  let inHand = 0;
  let most = 0;
  const answer = async (_: unknown, number: number) => {
    inHand++;
    most = Math.max(most, inHand);
    await turn();
    inHand--;
    return `${number}\n`;
  };
  const { output } = answerLines(many(5_000), { ...options, answer, window: { lines: 50, bytes: 1e6 } });
  expect((await text(output)).trim().split('\n').map(Number)).toEqual(numbers(5_000));
  expect(most).toBe(50);
});

test('a body that ends while lines of it wait is answered to its end', async () => {
  const whole = numbers(5_000).join('\n');
  const answer = async (line: Buffer | 'too-long') => `${line}\n`;
  const body = Readable.from([Buffer.from(whole)], { objectMode: false });
  const { output } = answerLines(body, { ...options, answer, window: { lines: 50, bytes: 1e6 } });
  expect(await text(output)).toBe(`${whole}\n`);
});

test('bytes count as well', async () => {
  const answer = vi.fn(() => new Promise<string>(() => undefined));
  const body = new PassThrough();
  const { output } = answerLines(body, { ...options, answer, window: { lines: 1_000, bytes: 30 } });
  body.write('0123456789\n'.repeat(10));
  await vi.waitFor(() => expect(answer).toHaveBeenCalledTimes(3));
  for (let i = 0; i < 20; i++) await turn();
  expect(answer).toHaveBeenCalledTimes(3);
  output.destroy();
});

test('who takes no answers is read no further; who takes them again gets them all', async () => {
  const answer = vi.fn((_: unknown, number: number) => `${number}${'x'.repeat(1_000)}\n`);
  const { output } = answerLines(many(5_000), { ...options, answer, window: { lines: 100, bytes: 1e6 } });
  await once(output, 'readable');
  for (let i = 0; i < 200; i++) await turn();
  // What the stream holds for its reader, and a window behind it.
  expect(answer.mock.calls.length).toBeLessThan(300);
  expect((await text(output)).split('\n')).toHaveLength(5_001);
});

test('a line that does not arrive in time ends it; what was begun is answered first', async () => {
  const body = new PassThrough();
  body.write('one\ntwo');
  const held = Promise.withResolvers<string>();
  const { output } = answerLines(body, { ...options, lineTimeoutMs: 20, answer: () => held.promise });
  const told = text(output);
  setTimeout(() => held.resolve('one\n'), 60);
  expect(await told).toBe('one\nslow 2\n');
});

test('it is ended early with a last word', async () => {
  const body = new PassThrough();
  const answer = vi.fn((line: Buffer | 'too-long') => `${line}\n`);
  const { output, breakOff } = answerLines(body, { ...options, answer });
  body.write('one\n');
  await vi.waitFor(() => expect(answer).toHaveBeenCalled());
  breakOff((number) => `no more from ${number} on\n`);
  body.write('two\n');
  expect(await text(output)).toBe('one\nno more from 2 on\n');
  expect(answer).toHaveBeenCalledTimes(1);
});

test('when its reader is gone no more lines are begun, and what was begun may end in peace', async () => {
  const body = new PassThrough();
  const held = Promise.withResolvers<string>();
  const answer = vi.fn(() => held.promise);
  const { output } = answerLines(body, { ...options, answer });
  body.write('one\n');
  await vi.waitFor(() => expect(answer).toHaveBeenCalledTimes(1));
  output.destroy();
  await once(output, 'close');
  body.write('two\n');
  held.resolve('late\n');
  for (let i = 0; i < 20; i++) await turn();
  expect(answer).toHaveBeenCalledTimes(1);
  expect([body.listenerCount('readable'), body.listenerCount('end')]).toEqual([0, 0]);
});
