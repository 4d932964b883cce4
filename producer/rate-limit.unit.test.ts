// The bucket never gives more than it has, gives again what time gives back, and forgets who has spent nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { everything } from '../schemas/access.ts';
import { createGuardedApp } from './access.fixture.ts';
import { createRateLimit } from './rate-limit.ts';
import { createTakeShare } from './take-share.ts';

const rate = { count: 100, window: 60 };

test('all of it at once, then one for each part of the window', () => {
  const { take } = createRateLimit();
  for (let i = 1; i <= 100; i++)
    expect(take('a', rate, 0)).toMatchObject({ allowed: true, remaining: 100 - i, fullIn: Math.ceil(i * 0.6) });
  expect(take('a', rate, 0)).toEqual({ allowed: false, remaining: 0, fullIn: 60, nextIn: 1 });
  expect(take('a', rate, 599)).toMatchObject({ allowed: false });
  expect(take('a', rate, 601)).toMatchObject({ allowed: true, remaining: 0 });
  expect(take('b', rate, 601)).toMatchObject({ allowed: true, remaining: 99 });
  expect(take('a', rate, 200_000)).toMatchObject({ allowed: true, remaining: 99 });
});

test('after nextIn seconds there is one more', () => {
  const { take } = createRateLimit();
  const slow = { count: 1, window: 3_600 };
  expect(take('a', slow, 0).allowed).toBe(true);
  const { allowed, nextIn } = take('a', slow, 10_500);
  expect([allowed, nextIn]).toEqual([false, 3_590]);
  expect(take('a', slow, 10_500 + nextIn * 1_000).allowed).toBe(true);
});

test('never more than the burst and what time gives back, however requests come', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
  const rates = fc.record({ count: fc.integer({ min: 1, max: 50 }), window: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(gaps, rates, (between, some) => {
      const { take } = createRateLimit();
      let [now, given] = [0, 0];
      for (const gap of between) {
        now += gap;
        const { allowed, remaining } = take('a', some, now);
        given += allowed ? 1 : 0;
        expect(remaining).toBeLessThanOrEqual(some.count);
        expect(given).toBeLessThanOrEqual(some.count + (now * some.count) / (some.window * 1_000) + 0.01);
      }
    }),
  );
});

test('callers whose bucket is full again are forgotten', () => {
  const { take, size } = createRateLimit();
  for (let i = 0; i < 10_000; i++) take(`${i}`, { count: 1, window: 1 }, 0);
  for (let i = 0; i < 10; i++) take(`again ${i}`, { count: 1, window: 1 }, 5_000);
  expect(size()).toBeLessThan(20);
});

test('every answer tells the share, 429 when to come again; a key may have its own', async () => {
  const clock = { now: 0 };
  const takeShare = createTakeShare({ count: 2, window: 60 }, () => clock.now);
  const caller = { id: 'key a', access: everything };
  const identify = async () => caller;
  const { app } = createGuardedApp({ replaced: { access: { identify, takeShare } } });
  const ask = async () => {
    const { statusCode, headers, json } = await app.inject('/limits');
    return [statusCode, headers['ratelimit-policy'], headers.ratelimit, headers['retry-after'], json().code];
  };
  const policy = '"burst";q=2;w=60';
  expect(await ask()).toEqual([200, policy, '"burst";r=1;t=30', undefined, undefined]);
  expect(await ask()).toEqual([200, policy, '"burst";r=0;t=60', undefined, undefined]);
  expect(await ask()).toEqual([429, policy, '"burst";r=0;t=60', '30', 'rate-limited']);
  clock.now = 30_000;
  expect(await ask()).toEqual([200, policy, '"burst";r=0;t=60', undefined, undefined]);
  expect((await app.inject('/livez')).headers.ratelimit).toBeUndefined();
  Object.assign(caller, { id: 'key b', rate: { count: 5, window: 10 } });
  expect(await ask()).toEqual([200, '"burst";q=5;w=10', '"burst";r=4;t=2', undefined, undefined]);
});
