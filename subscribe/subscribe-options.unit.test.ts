// Options are checked before anything is asked of Kafka, and the types of what a handler gets follow from them.
import type { ClientSession, Db } from 'mongodb';
import { expect, expectTypeOf, test } from 'vitest';
import { defineJob } from '../schemas/define-job.ts';
import type { eventKinds } from '../schemas/event.ts';
import { Type } from '../schemas/for-jobs.ts';
import { type SubscribedEvent, subscribe } from './index.ts';
import { readOptions } from './subscribe-options.ts';

const good = { brokers: 'localhost:9092', registry: 'http://localhost:8081', group: 'billing' };
const wordCount = defineJob({
  type: 'word.count',
  payload: Type.Object({ text: Type.String() }),
  result: Type.Object({ words: Type.Integer() }),
  handler: async ({ text }) => ({ words: text.length }),
});
type Jobs = { 'word.count': typeof wordCount; 'demo.echo': { payload: { n: number }; result: { n: number } } };

test('what is not told counts as documented', () => {
  expect(readOptions(good)).toMatchObject({
    ...{
      prefix: 'putlog',
      start: { at: 'beginning' },
      concurrency: 16,
      sessionTimeoutMs: 10_000,
      commitEveryMs: 1_000,
    },
    ...{ retry: { attempts: 5, backoffMs: 200, maxBackoffMs: 30_000 }, security: {}, interest: {} },
  });
  const told = { types: [wordCount, 'demo.echo'], events: ['failed'] as const, tls: true, from: 'latest' };
  const { interest, security, start } = readOptions({ ...good, ...told });
  expect(interest).toEqual({ types: new Set(['word.count', 'demo.echo']), kinds: new Set(['failed']) });
  expect([security, start]).toEqual([{ ssl: {} }, { at: 'latest' }]);
});

test('everything wrong is told at once', () => {
  const wrong = {
    brokers: 'kafka',
    registry: 'registry',
    group: 'a/b',
    prefix: 'P',
    types: [],
    from: 'noon',
    concurrency: 0,
  };
  const call = () => subscribe({ ...wrong, retry: { attempts: 0 }, commitEveryMs: 1 }, () => undefined);
  expect(call).toThrow(TypeError);
  for (const name of [...Object.keys(wrong), 'retry.attempts', 'commitEveryMs'])
    expect(call).toThrow(new RegExp(`(: |; )${name} `));
});

test('an event is typed by the map of jobs, or by the definitions; the session is there with a database', () => {
  // Never called: it is for the compiler.
  const checked = (into: Db) => [
    subscribe<Jobs>({ ...good, types: ['word.count'] }, (event) => {
      if (event.kind !== 'succeeded') return;
      if (event.type === 'word.count') expectTypeOf(event.result).toEqualTypeOf<{ words: number }>();
      else expectTypeOf(event.result).toEqualTypeOf<{ n: number }>();
    }),
    subscribe({ ...good, types: [wordCount] }, (event) => {
      if (event.kind === 'succeeded') expectTypeOf(event.result.words).toEqualTypeOf<number>();
      if (event.kind === 'retrying') expectTypeOf(event.dueAt).toEqualTypeOf<string>();
    }),
    subscribe({ ...good, into }, (event, session) => {
      expectTypeOf(session).toEqualTypeOf<ClientSession>();
      if (event.kind === 'succeeded') expectTypeOf(event.result).toEqualTypeOf<unknown>();
    }),
    // @ts-expect-error no such type is in the map
    subscribe<Jobs>({ ...good, types: ['word.counts'] }, () => undefined),
    // @ts-expect-error there is no session without a database
    subscribe(good, (_event, session) => session),
  ];
  expect(typeof checked).toBe('function');
  expectTypeOf<SubscribedEvent['kind']>().toEqualTypeOf<(typeof eventKinds)[number]>();
});
