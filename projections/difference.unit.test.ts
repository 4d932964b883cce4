import { describe, expect, test } from 'vitest';
import { differenceOf, isSame, isSettled, type Kept } from './difference.ts';

const command = { topic: 'c', partition: 1, offset: 10 };
const kept = (fields: Partial<Kept> & Record<string, unknown> = {}): Kept => ({
  ...{ _id: 't/1', command, eventOffset: 5, expiresAt: null },
  ...fields,
});
const options = { what: 't/1', eventsTopic: 'e', starts: new Map([['e', [0, 0]]]), now: 1_000 };
const of = (live: Kept | undefined, built: Kept | undefined, starts = options.starts) =>
  differenceOf({ live, built }, { ...options, starts });

describe('the same', () => {
  test.each([
    ['equal', kept({ state: 'queued' }), kept({ state: 'queued' })],
    ['in another order', { _id: 'a', eventOffset: 1, command }, { _id: 'a', command: { ...command }, eventOffset: 1 }],
    ['absent and null', kept({ options: null }), kept()],
    ['neither there', undefined, undefined],
  ])('%s', (_, live, built) => {
    expect(isSame({ live, built })).toBe(true);
    expect(of(live, built)).toBeUndefined();
  });
});

describe('a difference', () => {
  test('of fields names each with both values', () => {
    expect(of(kept({ state: 'failed', at: 1 }), kept({ state: 'queued', at: 1, more: 'x' }))).toEqual({
      ...{ kind: 'differs', what: 't/1' },
      fields: [
        { field: 'state', live: '"failed"', log: '"queued"' },
        { field: 'more', live: undefined, log: '"x"' },
      ],
    });
  });

  test('is one of retention where nothing else differs', () => {
    const until = new Date(5_000);
    expect(of(kept({ expiresAt: until }), kept())).toMatchObject({ kind: 'retention' });
    expect(of(kept({ expiresAt: until, state: 'x' }), kept())).toMatchObject({ kind: 'differs' });
  });

  test('of what one of them lacks says which', () => {
    expect(of(undefined, kept())).toMatchObject({ kind: 'missing' });
    expect(of(kept(), undefined)).toMatchObject({ kind: 'unfounded' });
  });

  test('is no fault where the log has lost what the live version says', () => {
    const events = new Map([['e', [0, 6]]]);
    expect(of(kept(), undefined, events)).toMatchObject({ kind: 'gone' });
    expect(of(kept(), kept({ eventOffset: -1 }), events)).toMatchObject({ kind: 'gone' });
    expect(of(kept({ eventOffset: 6 }), undefined, events)).toMatchObject({ kind: 'unfounded' });
    const commands = new Map([['c', [0, 11]]]);
    expect(of(kept({ eventOffset: -1 }), undefined, commands)).toMatchObject({ kind: 'gone' });
    expect(of(kept(), undefined, commands), 'an event needs no command').toMatchObject({ kind: 'unfounded' });
  });

  test('is none where either is to be forgotten by now', () => {
    const over = kept({ expiresAt: new Date(1_000) });
    expect([of(over, undefined), of(undefined, over), of(kept(), over)]).toEqual([undefined, undefined, undefined]);
    expect(of(undefined, kept({ expiresAt: new Date(1_001) }))).toMatchObject({ kind: 'missing' });
  });
});

test('only what comes from before the limits is settled', () => {
  const limits = new Map([
    ['e', [0, 6]],
    ['c', [0, 10]],
  ]);
  const settled = (live: Kept | undefined, built: Kept | undefined) => isSettled({ live, built }, 'e', limits);
  expect(settled(kept(), undefined)).toBe(true);
  expect(settled(kept({ eventOffset: 6 }), kept())).toBe(false);
  expect(settled(kept(), kept({ eventOffset: 6 }))).toBe(false);
  expect(settled(undefined, kept({ eventOffset: -1 }))).toBe(false);
  expect(settled({ _id: 'a redrive of what was not read' }, undefined)).toBe(true);
});
