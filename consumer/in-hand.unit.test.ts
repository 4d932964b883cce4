import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkpointMetadata, createInHand, maxInHand, readCheckpoint } from './in-hand.ts';

describe('the checkpoint of what is in hand', () => {
  test('is the next offset when nothing is in hand', () => {
    const inHand = createInHand(7);
    expect(inHand.checkpoint(3)).toEqual({ offset: 7, next: 7, undone: [], eventsFrom: 3 });
    inHand.take(7);
    inHand.take(9);
    inHand.done(7);
    inHand.done(9);
    expect(inHand.checkpoint(5)).toEqual({ offset: 10, next: 10, undone: [], eventsFrom: 5 });
  });

  test('stays at the lowest that is not done, and names the others', () => {
    const inHand = createInHand(0);
    for (const offset of [0, 1, 2, 3, 4]) inHand.take(offset);
    for (const offset of [0, 2, 4]) inHand.done(offset);
    expect(inHand.checkpoint(9)).toEqual({ offset: 1, next: 5, undone: [1, 3], eventsFrom: 9 });
  });

  test('what an earlier owner did counts as taken, not as in hand', () => {
    const inHand = createInHand(0);
    inHand.take(0, true);
    inHand.take(1);
    expect(inHand.size).toBe(1);
    expect(inHand.checkpoint(1)).toMatchObject({ offset: 1, next: 2, undone: [1] });
  });
});

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
});
