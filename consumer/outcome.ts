// The fate of a command as a value, and the one place that turns it into an event. Pure: the partition runner calls it.
import type { Command } from '../schemas/command.ts';
import type { ErrorCode } from '../schemas/error-codes.ts';
import type { JobEvent } from '../schemas/event.ts';
import { type Position, positionText } from '../schemas/job-status.ts';
import { problem, type Violation } from '../schemas/problem.ts';
import type { HandlerResult } from './handler-result.ts';

export type Outcome =
  | { kind: 'succeeded'; result: string }
  | (Cause & { kind: 'failed' | 'rejected' })
  /** The record as it was read goes with it, so that it can be sent again. Null: it is too large to go with anything. */
  | (Cause & { kind: 'dead'; original: Buffer | null });

type Cause = { code: ErrorCode; detail: string; errors?: Violation[] };

/** An outcome before the record is there that a dead letter carries. */
export type Fate = Exclude<Outcome, { kind: 'dead' }> | (Cause & { kind: 'dead' });

/** The fate of an attempt. Each policy that lets a job run again belongs here. */
export function decide(result: HandlerResult): Fate {
  if (result.ok) return { kind: 'succeeded', result: result.result };
  const { code, detail, errors } = result;
  return { kind: isPoison(code) ? 'dead' : 'failed', code, detail, ...(errors && { errors }) };
}

/** The function was never called: no call could have come of this payload, which came past the api or is older than its schema. */
const isPoison = (code: ErrorCode) => code === 'malformed-json' || code === 'invalid-payload';

/** What to record instead where an event with this outcome is larger than the log takes; undefined: nothing is smaller. */
export function smallerOutcome(outcome: Outcome, position: Position, refusal: string): Outcome | undefined {
  if (outcome.kind === 'succeeded') return { kind: 'failed', code: 'job-result-too-large', detail: refusal };
  const { errors, ...rest } = outcome;
  if (errors !== undefined) return rest;
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
};

export function outcomeEvent(outcome: Outcome, command: Command | undefined, about: About): JobEvent {
  const { type, id, generation, attempt, key, digest, submittedAt } = command ?? unreadable;
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
    error: outcome.kind === 'succeeded' ? null : errorText(outcome),
    original: outcome.kind === 'dead' ? outcome.original : null,
  };
}

function errorText(outcome: Exclude<Outcome, { kind: 'succeeded' }>): string {
  return JSON.stringify(problem(outcome.code, outcome.detail, outcome.errors));
}

export function startedEvent(command: Command, about: About & { startedAt: number }): JobEvent {
  const { type, id, generation, attempt, key, digest, submittedAt } = command;
  const { position, startedAt, at, worker } = about;
  return {
    kind: 'started',
    ...{ type, id, generation, attempt, key, digest, submittedAt, startedAt, at, worker },
    command: position,
    result: null,
    error: null,
    original: null,
  };
}

/** The same wherever the event is told: in Kafka, over SSE, in a webhook. */
export const eventId = ({ kind, type, id, generation, attempt, command }: JobEvent): string =>
  type === '' || kind === 'rejected'
    ? `${positionText(command)}/${kind}`
    : `${type}/${id}/${generation}.${attempt}/${kind}`;
