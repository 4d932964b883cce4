// The fate of a command as a value, and the one place that turns it into an event. Pure: the partition runner calls it.
import type { Command } from '../schemas/command.ts';
import type { RetryPolicy } from '../schemas/define-job.ts';
import type { ErrorCode } from '../schemas/error-codes.ts';
import type { JobEvent } from '../schemas/event.ts';
import { type Position, positionText } from '../schemas/position.ts';
import { problem, type Violation } from '../schemas/problem.ts';
import type { HandlerResult } from './handler-result.ts';
import { mayRetry, retryDelay } from './retry.ts';

export type Outcome =
  | { kind: 'succeeded'; result: string }
  | (Cause & { kind: 'failed' | 'rejected' | 'cancelled' })
  | PutOff
  /** The record as it was read goes with it, so that it can be sent again. Null: it is too large to go with anything. */
  | (Cause & { kind: 'dead'; original: Buffer | null });

/** The command is done with, and another one runs the job at `dueAt` (milliseconds since the epoch). */
export type PutOff = { kind: 'scheduled'; dueAt: number } | (Cause & { kind: 'retrying'; dueAt: number });

type Cause = { code: ErrorCode; detail: string; errors?: Violation[] };

/** An outcome before the record is there that a dead letter carries. */
export type Fate = Exclude<Outcome, { kind: 'dead' }> | (Cause & { kind: 'dead' });

/** `attempt` counts from 1, those that were lost with their worker included; `now` in milliseconds since the epoch. */
export type Circumstances = { retry: RetryPolicy; attempt: number; now: number; random: number };

/** The fate of an attempt. What has had all its attempts is a dead letter; what had only one to have has failed. */
export function decide(result: HandlerResult, { retry, attempt, now, random }: Circumstances): Fate {
  if (result.ok) return { kind: 'succeeded', result: result.result };
  const { code, detail, errors } = result;
  const cause: Cause = { code, detail, ...(errors && { errors }) };
  if (isPoison(code)) return { kind: 'dead', ...cause };
  if (retry.attempts === 1 || !mayRetry(result)) return { kind: 'failed', ...cause };
  if (attempt >= retry.attempts) return { kind: 'dead', ...cause };
  return { kind: 'retrying', ...cause, dueAt: now + retryDelay(result, retry, attempt, random) };
}

/** Somebody wanted it to end, and it had not gone well by then. */
export const cancelled: Fate = { kind: 'cancelled', code: 'job-cancelled', detail: 'Somebody asked for its end.' };

/** The function was never called: no call could have come of this payload, which came past the api or is older than its schema. */
const isPoison = (code: ErrorCode) => code === 'malformed-json' || code === 'invalid-payload';

/** What to record instead where an event with this outcome is larger than the log takes; undefined: nothing is smaller. */
export function smallerOutcome(outcome: Outcome, position: Position, refusal: string): Outcome | undefined {
  if (outcome.kind === 'succeeded') return { kind: 'failed', code: 'job-result-too-large', detail: refusal };
  if (outcome.kind === 'scheduled') return undefined;
  const { errors, ...rest } = outcome;
  if (errors !== undefined) return rest;
  // It carries what the next attempt would run with.
  if (rest.kind === 'retrying') return { kind: 'failed', code: rest.code, detail: rest.detail };
  if (rest.kind !== 'dead' || rest.original === null) return undefined;
  const where = `Its ${rest.original.length} bytes do not fit into an event; they stand at ${positionText(position)}.`;
  return { ...rest, detail: `${rest.detail} ${where}`, original: null };
}

/** A claim taken so often means that this many earlier owners died while they ran the job. */
export const deadAfterTakes = 4;

/** Times in milliseconds since the epoch; `startedAt` null: the function was never called. */
export type About = { position: Position; startedAt: number | null; at: number; worker: string };

/** A command that could not be decoded has no type and no id: its event says where it is. */
const unreadable: Omit<Command, 'kind' | 'payload'> = {
  type: '',
  id: '',
  generation: 0,
  attempt: 0,
  key: '',
  digest: '',
  submittedAt: 0,
  dueAt: null,
  after: null,
  options: null,
};

export function outcomeEvent(outcome: Outcome, command: Command | undefined, about: About): JobEvent {
  const { type, id, generation, attempt, key, digest, submittedAt, options } = command ?? unreadable;
  return {
    kind: outcome.kind,
    type,
    id,
    generation,
    attempt,
    key,
    digest,
    submittedAt,
    startedAt: about.startedAt,
    at: about.at,
    worker: about.worker,
    command: about.position,
    result: outcome.kind === 'succeeded' ? outcome.result : null,
    error: 'code' in outcome ? JSON.stringify(problem(outcome.code, outcome.detail, outcome.errors)) : null,
    original: outcome.kind === 'dead' ? outcome.original : null,
    progress: null,
    dueAt: 'dueAt' in outcome ? outcome.dueAt : null,
    payload: 'dueAt' in outcome ? (command?.payload ?? null) : null,
    inPlace: false,
    options: outcome.kind === 'rejected' ? null : options,
  };
}

/** Another attempt of the same command follows; its key and its place in the log wait for it. */
export const inPlaceEvent = (outcome: PutOff & { kind: 'retrying' }, command: Command, about: About): JobEvent => ({
  ...outcomeEvent(outcome, command, about),
  payload: null,
  inPlace: true,
});

/** `progress`: JSON text of how far it is; undefined: it has begun. */
export function startedEvent(command: Command, about: About & { startedAt: number }, progress?: string): JobEvent {
  const { type, id, generation, attempt, key, digest, submittedAt } = command;
  const { position, startedAt, at, worker } = about;
  return {
    kind: progress === undefined ? 'started' : 'progressed',
    ...{ type, id, generation, attempt, key, digest, submittedAt, startedAt, at, worker },
    command: position,
    ...{
      result: null,
      error: null,
      original: null,
      progress: progress ?? null,
      dueAt: null,
      payload: null,
      inPlace: false,
      options: command.options,
    },
  };
}

/** The same wherever the event is told: in Kafka, over SSE, in a webhook. An attempt tells its progress more than once. */
export function eventId({ kind, type, id, generation, attempt, command, at }: JobEvent): string {
  if (type === '' || kind === 'rejected') return `${positionText(command)}/${kind}`;
  const name = `${type}/${id}/${generation}.${attempt}/${kind}`;
  return kind === 'progressed' ? `${name}/${at}` : name;
}
