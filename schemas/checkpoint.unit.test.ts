import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkpointMetadata, markedMetadata, readCheckpoint, undoneBytes, undoneOf } from './checkpoint.ts';

/** As many as are in hand at most. */
const maxInHand = 1_000;

describe('the metadata of a commit', () => {
  const undone = fc.uniqueArray(fc.nat({ max: 2_000_000 }), { maxLength: maxInHand });
  test('says the same when it is read again', () => {
    fc.assert(
      fc.property(undone, fc.nat(), fc.nat(1_000), (offsets, eventsFrom, gap) => {
        const sorted = offsets.toSorted((a, b) => a - b);
        const next = (sorted.at(-1) ?? 0) + gap + 1;
        const checkpoint = { offset: sorted[0] ?? next, next, undone: sorted, eventsFrom };
        const metadata = checkpointMetadata(checkpoint);
        fc.pre(metadata !== undefined);
        expect(readCheckpoint(checkpoint.offset, metadata ?? '')).toEqual(checkpoint);
      }),
    );
  });

  test('fits however the commands in hand lie over a million done ones', () => {
    const spread = Array.from({ length: maxInHand }, (_, i) => 5_000_000_000 + i * 1_000);
    const checkpoint = { offset: 5_000_000_000, next: 5_001_000_000, undone: spread, eventsFrom: 9_000_000_000 };
    const metadata = checkpointMetadata(checkpoint);
    expect(metadata?.length).toBeLessThanOrEqual(4_096);
    expect(readCheckpoint(checkpoint.offset, metadata ?? '')).toEqual(checkpoint);
  });

  test('is none where it would not fit', () => {
    const far = Array.from({ length: maxInHand }, (_, i) => i * 1e10);
    expect(checkpointMetadata({ offset: 0, next: 1e14, undone: far, eventsFrom: 0 })).toBeUndefined();
  });

  test('that another tool wrote promises nothing above the offset', () => {
    for (const metadata of ['', 'reset by hand', '2;5;6;AA'])
      expect(readCheckpoint(40, metadata)).toEqual({ offset: 40, next: 40, undone: [], eventsFrom: 0 });
  });

  test('that names a mark has what is not done there, and how many they are', () => {
    const undone = Array.from({ length: 12_500 }, (_, i) => 7 + 3 * i);
    const checkpoint = { offset: 7, next: 50_000, undone, eventsFrom: 9, producerId: '4000' };
    expect(readCheckpoint(7, markedMetadata(checkpoint, 123))).toEqual({
      ...{ offset: 7, next: 50_000, eventsFrom: 9, producerId: '4000', undone: [] },
      mark: { at: 123, undone: 12_500 },
    });
    const bytes = undoneBytes(7, undone);
    expect(bytes.length).toBe(12_500);
    expect(undoneOf(7, bytes)).toEqual(undone);
  });
});
