import { expect, test } from 'vitest';
import { createBriefCache } from './brief-cache.ts';

function prepare(limit?: number) {
  let clock = 0;
  const fetched: string[] = [];
  const cached = createBriefCache<string | undefined>({
    keepMs: 100,
    now: () => clock,
    ...(limit !== undefined && { limit }),
  });
  const get = (name: string, value: Promise<string | undefined> = Promise.resolve(name)) =>
    cached(name, () => {
      fetched.push(name);
      return value;
    });
  return {
    get,
    fetched,
    at(ms: number) {
      clock = ms;
    },
  };
}

test('it is kept for its time from when it was asked for, and not a moment longer', async () => {
  const { get, fetched, at } = prepare();
  const late = Promise.withResolvers<string>();
  const first = get('a', late.promise);
  at(99);
  late.resolve('a');
  expect(await first).toBe('a');
  expect(await get('a')).toBe('a');
  expect(fetched).toEqual(['a']);
  at(100);
  await get('a');
  expect(fetched).toEqual(['a', 'a']);
  for (const ms of [150, 199, 200, 250, 299]) {
    at(ms);
    await get('a');
  }
  expect(fetched, 'whatever was forgotten in between').toHaveLength(3);
});

test('two who ask at once ask once', async () => {
  const { get, fetched } = prepare();
  await Promise.all([get('a'), get('a')]);
  expect(fetched).toEqual(['a']);
});

test('what was not there, and what failed, is asked for again', async () => {
  const { get, fetched } = prepare();
  expect(await get('a', Promise.resolve(undefined))).toBeUndefined();
  await expect(get('b', Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect([await get('a'), await get('b')]).toEqual(['a', 'b']);
  expect(fetched).toEqual(['a', 'b', 'a', 'b']);
});

test('it holds no more than twice its limit', async () => {
  const { get, fetched } = prepare(2);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'a']) await get(name);
  expect(fetched).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
  await get('e');
  expect(fetched).toHaveLength(6);
});
