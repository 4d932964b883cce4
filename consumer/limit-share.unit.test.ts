import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTokens, sharedConcurrency, sharedRate } from './limit-share.ts';

test('the parts of all workers together are the limit, however the partitions are spread', () => {
  const spread = fc.record({
    limit: fc.integer({ min: 1, max: 1_000 }),
    owners: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 64 }),
  });
  fc.assert(
    fc.property(spread, ({ limit, owners }) => {
      const parts = [...Map.groupBy(owners.keys(), (partition) => owners[partition]).values()];
      const sum = (share: (owned: number[]) => number) => parts.reduce((all, owned) => all + share(owned), 0);
      expect(sum((owned) => sharedConcurrency(limit, owned, owners.length))).toBe(limit);
      expect(sum((owned) => sharedRate(limit, owned, owners.length))).toBeCloseTo(limit);
    }),
  );
});

test('from as many as there are partitions on, each partition has its part', () => {
  for (let partition = 0; partition < 8; partition++)
    for (const limit of [8, 9, 15, 800]) expect(sharedConcurrency(limit, [partition], 8)).toBeGreaterThan(0);
});

test('tokens come at their rate, whatever the pauses between looks', () => {
  const tokens = createTokens(0);
  let taken = 0;
  for (let now = 0; now <= 10_000; now += 7 + (now % 40))
    while (tokens.has(25, now)) {
      tokens.take();
      taken++;
    }
  expect(taken).toBeGreaterThanOrEqual(249);
  expect(taken).toBeLessThanOrEqual(252);
});

test('an hour of silence is worth a tenth of a second, one at least', () => {
  const [fast, slow] = [createTokens(0), createTokens(0)];
  const burst = (tokens: typeof fast, rate: number) => {
    let taken = 0;
    for (; tokens.has(rate, 3_600_000); taken++) tokens.take();
    return taken;
  };
  expect([burst(fast, 100), burst(slow, 0.001)]).toEqual([10, 1]);
});
