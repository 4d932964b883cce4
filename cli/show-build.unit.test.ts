import { expect, test } from 'vitest';
import { readableSeconds, readingLine, showBuild } from './show-build.ts';

const reading = (read: number, of = 2_000_000, perSecond = 20_000) =>
  ({ step: 'reading', version: 'jobs_v2', read, of, perSecond }) as const;

function screenOf(isTTY: boolean, json = false) {
  const written: string[] = [];
  let now = 0;
  const show = showBuild({ write: (text) => written.push(text), isTTY }, { json, now: () => now });
  return { show, written, pass: (ms: number) => (now += ms) };
}

test.each([
  [0.2, '1 s'],
  [119, '119 s'],
  [121, '3 min'],
  [7_199, '2 h 00 min'],
  [11_100, '3 h 05 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(readableSeconds(seconds)).toBe(text);
});

test('a line of progress has the share, the rate and what is left', () => {
  expect(readingLine(reading(500_000))).toBe(
    `jobs_v2  ${'█'.repeat(6)}${'░'.repeat(18)}  25 %  500,000 of 2,000,000 records  20,000/s  75 s left`,
  );
  expect(readingLine(reading(0, 5, 0))).toContain('0 %');
  expect(readingLine(reading(2_000_000))).not.toContain('left');
});

test('on a terminal the bar is drawn over, and what comes next stands below it', () => {
  const { show, written } = screenOf(true);
  show.tell(reading(1));
  show.tell(reading(2));
  show.tell(reading(2_000_000));
  show.tell({ step: 'indexing', version: 'jobs_v2' });
  const text = written.join('');
  expect(text.split('\n')).toHaveLength(3);
  expect(text.split('\r\u001b[2K')).toHaveLength(3);
});

test('a bar that is left gets its line feed', () => {
  const { show, written } = screenOf(true);
  show.tell(reading(1));
  show.end();
  show.end();
  expect(written.at(-1)).toBe('\n');
  expect(written).toHaveLength(2);
});

test('elsewhere there is a line every few seconds, and none of a few records', () => {
  const { show, written, pass } = screenOf(false);
  for (let i = 0; i < 100; i++, pass(250)) show.tell(reading(i));
  expect(written).toHaveLength(5);
  expect(written.every((line) => line.endsWith('\n') && !line.includes('\r'))).toBe(true);
  show.tell(reading(1, 200));
  show.tell({ step: 'switching', version: 'jobs_v2', phase: 'both' });
  expect(written.slice(5)).toEqual(['jobs_v2  readers read both\n']);
});

test('as JSON every line is an object', () => {
  const { show, written, pass } = screenOf(true, true);
  for (let i = 0; i < 10; i++, pass(250)) show.tell(reading(i));
  show.tell({ step: 'comparing', version: 'jobs_v2', compared: 0 });
  const lines = written.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines[0]).toEqual({ ...reading(0), secondsLeft: 100 });
  expect(lines.at(-1)).toEqual({ step: 'comparing', version: 'jobs_v2', compared: 0 });
});
