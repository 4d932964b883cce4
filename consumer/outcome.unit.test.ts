import { describe, expect, test } from 'vitest';
import type { Command } from '../schemas/command.ts';
import { eventKinds } from '../schemas/event.ts';
import {
  type Circumstances,
  decide,
  eventId,
  inPlaceEvent,
  type Outcome,
  outcomeEvent,
  smallerOutcome,
  startedEvent,
} from './outcome.ts';

const submit = { kind: 'submit', type: 't', id: '1', generation: 2, attempt: 3, key: 'k', payload: '{}' } as const;
const command: Command = { ...submit, digest: 'd', submittedAt: 5, dueAt: null, after: null, options: null };
const position = { topic: 'c', partition: 4, offset: 9 };
const about = { position, startedAt: 6, at: 7, worker: 'w' };
const errors = [{ pointer: '/n', detail: 'is required' }];
const same = {
  type: 't',
  id: '1',
  generation: 2,
  attempt: 3,
  key: 'k',
  digest: 'd',
  submittedAt: 5,
  startedAt: 6,
  at: 7,
};

const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 250, nonRetryableErrors: [] };
const first: Circumstances = { retry, attempt: 1, now: 1_000, random: 0.5 };
const once = { ...first, retry: { ...retry, attempts: 1 } };

const nothingMore = { progress: null, dueAt: null, payload: null, inPlace: false, options: null };

describe('the fate of an attempt', () => {
  const threw = { ok: false, code: 'job-failed', detail: 'no' } as const;
  const cause = { code: 'job-failed', detail: 'no' };

  test('what the function returned', () => {
    expect(decide({ ok: true, result: '{"n":1}' }, first)).toEqual({ kind: 'succeeded', result: '{"n":1}' });
  });
  test('what went wrong, with its violations where there are any', () => {
    expect(decide(threw, once)).toEqual({ kind: 'failed', ...cause });
    expect(decide({ ...threw, errors }, once)).toMatchObject({ kind: 'failed', errors });
  });
  test('a payload that no call could come of is a dead letter', () => {
    const poison = { ok: false, detail: 'no' } as const;
    expect(decide({ ...poison, code: 'malformed-json' }, first)).toEqual({
      kind: 'dead',
      code: 'malformed-json',
      detail: 'no',
    });
    expect(decide({ ...poison, code: 'invalid-payload', errors }, first)).toMatchObject({ kind: 'dead', errors });
  });
  test.each([
    [1, 0, 1_000],
    [1, 1, 1_100],
    [2, 0.5, 1_100],
    [2, 1, 1_200],
    [90, 1, 1_250],
  ])('attempt %i is followed by another after a random part (%d) of a time that doubles', (attempt, random, dueAt) => {
    const many = { ...first, retry: { ...retry, attempts: 100 }, attempt, random };
    expect(decide(threw, many)).toEqual({ kind: 'retrying', ...cause, dueAt });
  });
  test('the last attempt leaves a dead letter', () => {
    expect(decide(threw, { ...first, attempt: 2 })).toMatchObject({ kind: 'retrying' });
    for (const attempt of [3, 4]) expect(decide(threw, { ...first, attempt })).toEqual({ kind: 'dead', ...cause });
  });
  test('what the function throws decides as well', () => {
    expect(decide({ ...threw, again: 'never' }, first)).toEqual({ kind: 'failed', ...cause });
    expect(decide({ ...threw, again: { after: 7_777 } }, first)).toMatchObject({ kind: 'retrying', dueAt: 8_777 });
    expect(decide({ ...threw, again: { after: 7_777 } }, { ...first, attempt: 3 })).toMatchObject({ kind: 'dead' });
    for (const after of [Number.NaN, -1])
      expect(decide({ ...threw, again: { after } }, first)).toMatchObject({ kind: 'retrying', dueAt: 1_050 });
    expect(decide({ ...threw, again: { after: Number.POSITIVE_INFINITY } }, first)).toMatchObject({
      dueAt: 1_000 + 365 * 24 * 3_600_000,
    });
  });
  test('what would be wrong again is not tried again; what took too long is', () => {
    for (const code of ['job-result-invalid', 'job-result-too-large'] as const)
      expect(decide({ ...threw, code }, first)).toMatchObject({ kind: 'failed', code });
    expect(decide({ ...threw, code: 'job-timed-out' }, first)).toMatchObject({ kind: 'retrying' });
  });
});

describe('an outcome that is larger than the log takes', () => {
  const smaller = (outcome: Outcome | undefined) => outcome && smallerOutcome(outcome, position, 'refused');
  const original = Buffer.from('poison');

  test('a result is given up, and says so', () => {
    const failed = { kind: 'failed', code: 'job-result-too-large', detail: 'refused' };
    expect(smaller({ kind: 'succeeded', result: '1' })).toEqual(failed);
  });
  test('violations go first', () => {
    const failed = { kind: 'failed', code: 'job-failed', detail: 'no' } as const;
    expect(smaller({ ...failed, errors })).toEqual(failed);
    expect(smaller(failed)).toBeUndefined();
  });
  test('what cannot be put off, for it would carry its payload, has failed', () => {
    const again = { kind: 'retrying', code: 'job-failed', detail: 'no', dueAt: 5 } as const;
    expect(smaller({ ...again, errors })).toEqual(again);
    expect(smaller(again)).toEqual({ kind: 'failed', code: 'job-failed', detail: 'no' });
    expect(smaller({ kind: 'scheduled', dueAt: 5 })).toBeUndefined();
  });
  test('then the bytes of a dead letter, which keeps its cause and says where they are', () => {
    const dead = { kind: 'dead', code: 'invalid-payload', detail: 'No.', original } as const;
    expect(smaller({ ...dead, errors })).toEqual(dead);
    const detail = 'No. Its 6 bytes do not fit into an event; they stand at c/4@9.';
    expect(smaller(dead)).toEqual({ ...dead, detail, original: null });
    expect(smaller(smaller(dead))).toBeUndefined();
  });
});

describe('an outcome as an event', () => {
  test('success carries the result and no error', () => {
    const event = outcomeEvent({ kind: 'succeeded', result: '1' }, command, about);
    expect(event).toEqual({
      kind: 'succeeded',
      ...same,
      worker: 'w',
      command: position,
      result: '1',
      error: null,
      original: null,
      ...nothingMore,
    });
  });

  test('what is put off carries when it runs, and what with', () => {
    const scheduled = outcomeEvent({ kind: 'scheduled', dueAt: 90 }, command, about);
    expect(scheduled).toMatchObject({
      kind: 'scheduled',
      ...same,
      dueAt: 90,
      payload: '{}',
      inPlace: false,
      options: null,
      error: null,
    });
    const again = { kind: 'retrying', code: 'job-failed', detail: 'no', dueAt: 91 } as const;
    expect(outcomeEvent(again, command, about)).toMatchObject({ kind: 'retrying', dueAt: 91, payload: '{}' });
    const inPlace = inPlaceEvent(again, command, about);
    expect(inPlace).toMatchObject({ kind: 'retrying', dueAt: 91, payload: null, inPlace: true });
    for (const { error } of [outcomeEvent(again, command, about), inPlace])
      expect(JSON.parse(error ?? '')).toMatchObject({ code: 'job-failed', detail: 'no' });
  });

  test('failure carries a problem document', () => {
    const event = outcomeEvent({ kind: 'failed', code: 'invalid-payload', detail: 'no', errors }, command, about);
    expect(event).toMatchObject({ kind: 'failed', ...same, result: null, original: null });
    expect(JSON.parse(event.error ?? '')).toMatchObject({ code: 'invalid-payload', status: 422, detail: 'no', errors });
  });

  test('a dead letter carries the bytes of its record, also where nobody could read them', () => {
    const original = Buffer.from('poison');
    const dead: Outcome = { kind: 'dead', code: 'record-undecodable', detail: 'no', original };
    expect(outcomeEvent(dead, undefined, about)).toMatchObject({ type: '', id: '', command: position, original });
    expect(outcomeEvent(dead, command, about)).toMatchObject({ type: 't', id: '1', original });
    const { error } = outcomeEvent({ ...dead, errors }, command, about);
    expect(JSON.parse(error ?? '')).toMatchObject({ code: 'record-undecodable', errors });
  });

  test('an announcement says when it began, and nothing of an end', () => {
    expect(startedEvent(command, about)).toMatchObject({
      kind: 'started',
      ...same,
      result: null,
      error: null,
      original: null,
    });
  });
});

describe('the id of an event', () => {
  const event = (kind: (typeof eventKinds)[number], fields = {}) => ({
    ...startedEvent(command, about),
    kind,
    ...fields,
  });

  test('is the same however often it is told, and another for each kind, attempt and generation', () => {
    const later = [{ attempt: 4 }, { generation: 3 }, { id: '2' }].map((fields) => eventId(event('succeeded', fields)));
    const all = [...eventKinds.map((kind) => eventId(event(kind))), ...later];
    expect(new Set(all).size).toBe(all.length);
    expect(eventId(event('succeeded', { at: 99, worker: 'another' }))).toBe('t/1/2.3/succeeded');
  });

  test('is another for each progress that an attempt tells', () => {
    const [first, second] = [7, 8].map((at) => eventId(event('progressed', { at })));
    expect([first, second]).toEqual(['t/1/2.3/progressed/7', 't/1/2.3/progressed/8']);
  });

  test('of what is about a command, not about a job, is the position of the command', () => {
    expect(eventId(event('rejected'))).toBe('c/4@9/rejected');
    expect(eventId(event('dead', { type: '', id: '' }))).toBe('c/4@9/dead');
  });
});
