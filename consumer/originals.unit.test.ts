import { describe, expect, test } from 'vitest';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { silent as log } from '../test/stack/log.ts';
import { createOriginals } from './originals.ts';

const place = { topic: 'c', partition: 3 };
const textOf = (offset: number) => Buffer.from(`value ${offset}`);

/** A log of batches of ten records, of which an answer has one. */
function prepare({ givenUp = (): boolean => false, fails = 0, gone = (_: number): boolean => false } = {}) {
  const asked: number[] = [];
  let failures = fails;
  const fetch = async (_topic: string, _partition: number, offset: number) => {
    asked.push(offset);
    if (failures-- > 0) throw new Error('no leader');
    if (gone(offset)) throw Object.assign(new Error('out of range'), { code: 1 });
    const first = offset - (offset % 10);
    const records = Array.from({ length: 10 }, (_, i): FetchedRecord => {
      return { offset: first + i, timestamp: 0, key: null, value: textOf(first + i), headers: {} };
    });
    return { records: records.filter(({ offset: at }) => at >= offset), next: first + 10, end: 1_000 };
  };
  const cluster = { fetch, refresh: async () => undefined };
  return { asked, read: createOriginals({ cluster, log }, place, givenUp) };
}

describe('records that are read again', () => {
  test('those of one batch come in one answer, one answer at a time', async () => {
    const { asked, read } = prepare();
    const found = await Promise.all([7, 3, 12, 5, 19].map(read));
    expect(found.map(String)).toEqual([7, 3, 12, 5, 19].map((offset) => String(textOf(offset))));
    expect(asked).toEqual([7, 3, 12]);
  });

  test('one that is gone is undefined, whoever else waits', async () => {
    const { read } = prepare({ gone: (offset) => offset < 10 });
    const [first, second] = await Promise.all([read(4), read(14)]);
    expect([first, String(second)]).toEqual([undefined, 'value 14']);
  });

  test('what fails is asked for again', async () => {
    const { asked, read } = prepare({ fails: 2 });
    expect(String(await read(4))).toBe('value 4');
    expect(asked).toEqual([4, 4, 4]);
  });

  test('once it is given up all who wait are told, and nothing stays behind', async () => {
    let over = false;
    const { read } = prepare({ fails: 3, givenUp: () => over });
    const waiting = [read(4), read(14)];
    over = true;
    for (const one of waiting) await expect(one).rejects.toThrow('no leader');
  });
});
