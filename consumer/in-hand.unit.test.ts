import { describe, expect, test } from 'vitest';
import { createInHand } from './in-hand.ts';

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
