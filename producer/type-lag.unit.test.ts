// A type whose oldest waiting job is older than its maxLag takes no more, its neighbours do; what cannot be asked refuses nobody.
import { pino } from 'pino';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { isLeft } from '../platform/commands-left.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { checkpointMetadata, markedMetadata } from '../schemas/checkpoint.ts';
import { defineJob } from '../schemas/define-job.ts';
import type { Waiting } from './oldest-waiting.ts';
import { watchTypeLag } from './type-lag.ts';

const jobsOf = (bounds: Record<string, { maxLag?: number }>) =>
  new Map(
    Object.entries(bounds).map(([type, bound]): [string, LoadedJob] => {
      const any = { payload: Type.Unknown(), result: Type.Unknown(), handler: () => null };
      return [type, { definition: defineJob({ type, ...any, ...bound }), file: `file:///${type}.ts` }];
    }),
  );
const log = pino({ level: 'silent' });

/** `waiting`: type → the age of its oldest job (milliseconds), and where its command is. */
function prepare() {
  const state = { waiting: new Map<string, { age: number; offset: number }>(), done: 0, away: false };
  const asked: string[] = [];
  const watched = watchTypeLag({
    ...{ jobs: jobsOf({ a: { maxLag: 10_000 }, b: { maxLag: 60_000 }, c: {} }), log, everyMs: 60_000 },
    async oldestWaiting(type, before): Promise<Waiting | undefined> {
      asked.push(type);
      if (state.away) throw new Error('away');
      const { age = 0, offset = 0 } = state.waiting.get(type) ?? {};
      const createdAt = Date.now() - age;
      return createdAt < before ? { createdAt, command: { topic: 't', partition: 0, offset } } : undefined;
    },
    isLeft: async ({ offset }) => offset >= state.done,
  });
  if (watched === undefined) throw new Error('nothing is watched');
  return { state, asked, ...watched };
}

test('behind, not behind any more, and not known', async () => {
  const { state, asked, assertOnTime, look, close } = prepare();
  state.waiting = new Map(['a', 'b', 'c'].map((type) => [type, { age: 30_000, offset: 5 }]));
  expect(() => assertOnTime('a')).not.toThrow();
  await look();
  expect(() => assertOnTime('a')).toThrow(expect.objectContaining({ code: 'type-behind', retryAfter: 5 }));
  expect(() => assertOnTime('a')).toThrow('a job of the type "a" has waited for 30 s, and 10 s is the most');
  for (const type of ['b', 'c']) expect(() => assertOnTime(type)).not.toThrow();
  expect(asked).toEqual(['a', 'b']);
  state.away = true;
  await look();
  expect(() => assertOnTime('a')).not.toThrow();
  Object.assign(state, { away: false, waiting: new Map([['a', { age: 9_000, offset: 5 }]]) });
  await look();
  expect(() => assertOnTime('a')).not.toThrow();
  close();
});

test('a job that only the read model still takes for waiting refuses nobody', async () => {
  const { state, assertOnTime, look, close } = prepare();
  Object.assign(state, { waiting: new Map([['a', { age: 30_000, offset: 5 }]]), done: 6 });
  await look();
  expect(() => assertOnTime('a')).not.toThrow();
  close();
});

test('where no type has a maxLag nothing is watched', () => {
  const never = () => Promise.reject(new Error('nobody asks'));
  expect(watchTypeLag({ jobs: jobsOf({ a: {} }), oldestWaiting: never, isLeft: never, log })).toBeUndefined();
});

test.each([
  ['where nothing was committed', undefined, 7, true],
  ['before the offset', 'undone', 9, false],
  ['that is named as undone', 'undone', 12, true],
  ['between those that are', 'undone', 13, false],
  ['that was never taken', 'undone', 15, true],
  ['where what is undone stands elsewhere', 'marked', 13, true],
] as const)('a command %s', async (_, kind, offset, left) => {
  const checkpoint = { offset: 10, next: 15, undone: [10, 12], eventsFrom: 0 };
  const metadata = kind === 'marked' ? markedMetadata(checkpoint, 3) : (checkpointMetadata(checkpoint) ?? '');
  const committed = async () => (kind === undefined ? undefined : { offset: 10, metadata });
  expect(await isLeft({ committed }, 'workers', { topic: 't', partition: 0, offset })).toBe(left);
});
