import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventKind, eventKinds, type JobEvent } from './event.ts';
import { jobOfEvent } from './job-of-event.ts';
import type { JobDocument } from './job-status.ts';
import { merge } from './merge-jobs.ts';
import { queuedJob } from './queued-job.ts';

const command = {
  kind: 'submit',
  type: 't',
  id: '1',
  key: 't/1',
  generation: 0,
  attempt: 1,
  payload: '{}',
  digest: 'd',
} as const;
const queued = (partition: number, offset: number) =>
  queuedJob(
    { ...command, submittedAt: 1_000 + offset, dueAt: null, after: null, options: null },
    { topic: 'c', partition, offset },
  );
const event = (kind: EventKind, offset: number, generation = 0): JobEvent => ({
  ...{ kind, type: 't', id: '1', generation, attempt: 1, key: 't/1', digest: 'd', submittedAt: 1_000 },
  ...{ startedAt: 1_001, at: 1_002 + offset, worker: 'w', command: { topic: 'c', partition: 0, offset: 0 } },
  result: kind === 'succeeded' ? '{"n":1}' : null,
  error: kind === 'failed' || kind === 'dead' ? '{"code":"job-failed"}' : null,
  ...{ original: null, progress: null, dueAt: null, payload: null, inPlace: false, options: null },
});
const known = (kind: EventKind, offset: number, generation = 0): JobDocument => {
  const document = jobOfEvent(event(kind, offset, generation), offset);
  if (document === undefined) throw new Error(`${kind} says nothing of the job`);
  return document;
};

describe('an event as a status', () => {
  test.each([
    ['scheduled', 'scheduled'],
    ['started', 'running'],
    ['progressed', 'running'],
    ['succeeded', 'succeeded'],
    ['retrying', 'retrying'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['dead', 'failed'],
  ] as const)('%s: %s', (kind, state) => {
    expect(known(kind, 5).state).toBe(state);
  });

  test('a rejected duplicate and a record that nobody could read say nothing of a job', () => {
    expect(jobOfEvent(event('rejected', 1), 1)).toBeUndefined();
    expect(jobOfEvent({ ...event('dead', 1), type: '', id: '' }, 1)).toBeUndefined();
  });

  test('only what ends a job has a time at which it finished', () => {
    for (const kind of eventKinds.filter((each) => each !== 'rejected'))
      expect(known(kind, 3).finishedAt !== null).toBe(['succeeded', 'failed', 'cancelled', 'dead'].includes(kind));
  });
});

describe('merging', () => {
  const documents = fc.oneof(
    fc.record({ partition: fc.nat(2), offset: fc.nat(5) }).map(({ partition, offset }) => queued(partition, offset)),
    fc
      .record({ kind: fc.constantFrom('started', 'succeeded', 'failed'), offset: fc.nat(6), generation: fc.nat(1) })
      .map(({ kind, offset, generation }) => known(kind as EventKind, offset, generation)),
  );

  test('gives the same in any order and however often a record comes', () => {
    fc.assert(
      fc.property(fc.array(documents, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat(7)), (all, order) => {
        // Two events at one offset are one event: keep the first of each.
        const distinct = [
          ...new Map(
            all.map((d) => [
              `${d.generation}.${d.eventOffset}.${d.eventOffset < 0 ? JSON.stringify(d.command) : ''}`,
              d,
            ]),
          ).values(),
        ];
        const straight = distinct.reduce<JobDocument | undefined>(merge, undefined);
        const shuffled = [...order.take(20)].flatMap((i) => distinct[i % distinct.length] ?? []);
        const again = [...shuffled, ...distinct].reduce<JobDocument | undefined>(merge, undefined);
        expect(again).toEqual(straight);
      }),
    );
  });

  test('a command that comes late takes nothing back', () => {
    const done = known('succeeded', 4);
    expect(merge(done, queued(0, 0))).toBe(done);
    expect(merge(queued(0, 0), done)).toBe(done);
  });

  test('of two commands that no event has decided between, the one nearer the front of the log', () => {
    expect(merge(queued(1, 0), queued(0, 9)).command).toEqual({ topic: 'c', partition: 0, offset: 9 });
    expect(merge(queued(0, 3), queued(0, 9)).command.offset).toBe(3);
  });
});
