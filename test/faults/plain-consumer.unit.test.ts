import { expect, test } from 'vitest';
import { jobOf } from './invariants.fixture.ts';
import { agreesWithPlainConsumer } from './plain-consumer.ts';

const nobody = new Set<string>();
const once = new Map<string, number>();
const jobs = new Map([jobOf('a'), jobOf('b')].map((job) => [job.name, job]));
const lost = jobOf('c', { answers: { acked: 0, rejected: 0, unknown: 1, open: 0 } });

test('one terminal event for each acknowledged job, none or one for an unknown one', () => {
  const counts = new Map([...jobs.keys()].map((name) => [name, 1]));
  expect(agreesWithPlainConsumer(counts, { jobs }, nobody, once)).toEqual([]);
  expect(agreesWithPlainConsumer(counts, { jobs: new Map([[lost.name, lost]]) }, nobody, once)).toEqual([]);
});

test('two of one job, and none of an acknowledged one, are breaches unless its records were deleted', () => {
  const counts = new Map([['fault.ordered/a', 2]]);
  const texts = (excused: Set<string>) =>
    agreesWithPlainConsumer(counts, { jobs }, excused, once).map(({ text }) => text);
  expect(texts(nobody)).toEqual([
    "fault.ordered/a is acked and has 2 terminal events for Kafka's console consumer",
    "fault.ordered/b is acked and has 0 terminal events for Kafka's console consumer",
  ]);
  expect(texts(new Set(['fault.ordered/b']))).toHaveLength(1);
});

test('a job that was sent again has one for each generation', () => {
  const counts = new Map([
    ['fault.ordered/a', 2],
    ['fault.ordered/b', 2],
  ]);
  const breaches = agreesWithPlainConsumer(counts, { jobs }, nobody, new Map([['fault.ordered/a', 1]]));
  expect(breaches).toMatchObject([{ invariant: 2, text: expect.stringContaining('fault.ordered/b') }]);
});
