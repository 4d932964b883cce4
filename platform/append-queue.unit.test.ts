import { describe, expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { batchLimits, createAppendQueue } from './append-queue.ts';

/** A queue with a diary: what each record was told first, by its text, and how much room came back. */
function createDiary(firstSequence = 0) {
  const freed = { records: 0, bytes: 0 };
  const told = new Map<string, number | string>();
  const queue = createAppendQueue(
    't',
    3,
    (records, bytes) => {
      freed.records += records;
      freed.bytes += bytes;
    },
    firstSequence,
  );
  const tell = (text: string, what: number | string) => void (told.has(text) || told.set(text, what));
  const push = (text: string, { bytes = 10, expiresAt = Number.POSITIVE_INFINITY } = {}) =>
    queue.push({
      message: { key: Buffer.alloc(0), value: Buffer.from(text), headers: {}, timestamp: 0 },
      ...{ bytes, expiresAt, alone: false },
      resolve: (offset) => tell(text, offset),
      reject: (error) => tell(text, error instanceof PutlogError ? error.code : String(error)),
    });
  const texts = () => queue.take()?.messages.map(({ value }) => String(value)) ?? [];
  const sequence = () => queue.take()?.firstSequence;
  return { queue, push, told, freed, texts, sequence };
}
const tooLarge = new PutlogError('record-too-large', 'too large');

describe('a batch', () => {
  test('holds what waits, in order, and stays the same until its fate is known', () => {
    const { queue, push, texts, sequence, told } = createDiary();
    for (const text of ['a', 'b']) push(text);
    expect(texts()).toEqual(['a', 'b']);
    push('c');
    queue.uncertain();
    expect(texts()).toEqual(['a', 'b']);
    expect(sequence()).toBe(0);
    queue.stored(40);
    expect([...told]).toEqual([
      ['a', 40],
      ['b', 41],
    ]);
    expect(texts()).toEqual(['c']);
    expect(sequence()).toBe(2);
  });

  test('is bounded by count and by bytes, but one record always goes', () => {
    const many = createDiary();
    for (let i = 0; i < batchLimits.records + 5; i++) many.push(`${i}`);
    expect(many.texts()).toHaveLength(batchLimits.records);
    many.queue.stored(0);
    expect(many.texts()).toEqual(['2000', '2001', '2002', '2003', '2004']);
    expect(many.sequence()).toBe(batchLimits.records);
    const large = createDiary();
    for (const text of ['x', 'y', 'z']) large.push(text, { bytes: batchLimits.bytes / 2 });
    large.push('huge', { bytes: batchLimits.bytes * 2 });
    expect(large.texts()).toEqual(['x', 'y']);
    large.queue.stored(0);
    expect(large.texts()).toEqual(['z']);
    large.queue.stored(2);
    expect(large.texts()).toEqual(['huge']);
  });

  test('that is stored or refused gives the room back that it took', () => {
    const { queue, push, freed, texts } = createDiary();
    for (const text of ['a', 'b']) push(text, { bytes: 7 });
    texts();
    expect([queue.length, queue.idle, freed.records]).toEqual([2, false, 0]);
    queue.stored(0);
    expect([queue.length, queue.idle, freed]).toEqual([0, true, { records: 2, bytes: 14 }]);
  });
});

describe('sequences', () => {
  test('begin at 0 again after 2^31 - 1, inside a batch too', () => {
    const { queue, push, sequence, texts } = createDiary(2 ** 31 - 2);
    for (const text of ['a', 'b', 'c']) push(text);
    texts();
    expect(sequence()).toBe(2 ** 31 - 2);
    queue.stored(0);
    push('d');
    expect(sequence()).toBe(1);
  });

  test('a refused batch leaves its sequence free, and is split to find the culprit', () => {
    const { queue, push, told, texts, sequence, freed } = createDiary();
    for (const text of ['a', 'bad', 'c']) push(text);
    texts();
    push('later');
    queue.refused(tooLarge);
    expect([...told]).toEqual([]);
    expect([texts(), sequence()]).toEqual([['a'], 0]);
    queue.stored(0);
    expect([texts(), sequence()]).toEqual([['bad'], 1]);
    queue.refused(tooLarge);
    expect([texts(), sequence()]).toEqual([['c'], 1]);
    queue.stored(1);
    expect([texts(), sequence()]).toEqual([['later'], 2]);
    queue.stored(2);
    expect(Object.fromEntries(told)).toEqual({ a: 0, bad: 'record-too-large', c: 1, later: 2 });
    expect(freed.records).toBe(4);
  });

  test('a new producer id begins at 0; what may be in the log is told as unknown and never goes again', () => {
    const { queue, push, told, texts, sequence } = createDiary(17);
    for (const text of ['perhaps', 'also']) push(text);
    texts();
    push('waits');
    queue.uncertain();
    queue.restart();
    expect(Object.fromEntries(told)).toEqual({ perhaps: 'outcome-unknown', also: 'outcome-unknown' });
    expect([texts(), sequence()]).toEqual([['waits'], 0]);
  });

  test('a new producer id while a request is under way: that batch may be in the log too', () => {
    const { queue, push, told, texts } = createDiary();
    push('under way');
    texts();
    queue.inFlight = true;
    queue.restart();
    expect(told.get('under way')).toBe('outcome-unknown');
    expect(texts()).toEqual([]);
  });

  test('a new producer id before anything was sent: nothing is told, and it goes in its order', () => {
    const { queue, push, told, texts, sequence } = createDiary(5);
    push('a');
    texts();
    push('b');
    queue.restart();
    expect(told.size).toBe(0);
    expect([texts(), sequence()]).toEqual([['a', 'b'], 0]);
  });
});

describe('a deadline', () => {
  test('passes for what waits: log-unavailable, and it never goes', () => {
    const { queue, push, told, texts, freed } = createDiary();
    push('late', { expiresAt: 100 });
    push('patient');
    queue.expire(99);
    expect(told.size).toBe(0);
    queue.expire(100);
    expect(Object.fromEntries(told)).toEqual({ late: 'log-unavailable' });
    expect(freed.records).toBe(1);
    expect(texts()).toEqual(['patient']);
  });

  test('passes for a batch that was made up and never sent: it was not stored', () => {
    const { queue, push, told, texts, sequence } = createDiary();
    push('late', { expiresAt: 100 });
    push('patient');
    texts();
    queue.expire(100);
    expect(Object.fromEntries(told)).toEqual({ late: 'log-unavailable' });
    expect([texts(), sequence()]).toEqual([['patient'], 0]);
  });

  test.each([
    ['under way', true],
    ['uncertain', false],
  ])('passes for a batch that is %s: outcome-unknown, and the batch stays whole', (_, inFlight) => {
    const { queue, push, told, texts, sequence, freed } = createDiary();
    push('late', { expiresAt: 100 });
    push('patient');
    texts();
    queue.inFlight = inFlight;
    if (!inFlight) queue.uncertain();
    queue.expire(100);
    expect(Object.fromEntries(told)).toEqual({ late: 'outcome-unknown' });
    expect([texts(), sequence(), freed.records]).toEqual([['late', 'patient'], 0, 0]);
    queue.stored(8);
    expect(told.get('patient')).toBe(9);
    expect(told.get('late')).toBe('outcome-unknown');
    expect(freed.records).toBe(2);
  });
});

test('when nothing can be appended any more, everything is told and all room comes back', () => {
  const { queue, push, told, texts, freed } = createDiary();
  push('in the batch');
  texts();
  queue.uncertain();
  push('waiting');
  queue.rejectAll(new Error('fenced'));
  expect(Object.fromEntries(told)).toEqual({ 'in the batch': 'Error: fenced', waiting: 'Error: fenced' });
  expect([queue.idle, freed.records]).toEqual([true, 2]);
});
