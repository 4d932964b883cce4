// A run that was put off, as a timer and as the record that fires it. Pure but for the id of a span.
import type { LogRecord } from '../platform/log-writer.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { positionText } from '../schemas/position.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import type { Timer } from './timers.ts';

export const placeText = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`;

/** Does this event say that another command runs the job, and when? */
export const putsOff = (event: JobEvent): event is JobEvent & { dueAt: number; payload: string } =>
  event.dueAt !== null && event.payload !== null && !event.inPlace;

/** The command that the event puts off: the first attempt of what was scheduled, the next of what is retried. */
function runAfter(event: JobEvent & { payload: string }): Command {
  const { kind, type, id, generation, key, payload, digest, submittedAt, command, options } = event;
  const attempt = kind === 'scheduled' ? event.attempt : event.attempt + 1;
  const run = { kind: 'run', dueAt: null, after: command } as const;
  return { ...run, type, id, generation, attempt, key, payload, digest, submittedAt, options };
}

export function timerOf(
  event: JobEvent & { dueAt: number; payload: string },
  writeCommand: (command: Command) => Buffer,
  traceparent: string | undefined,
): Timer {
  const command = runAfter(event);
  const { type, id, generation, attempt, key, submittedAt } = command;
  return {
    id: positionText(event.command),
    place: placeText(event.command),
    dueAt: event.dueAt,
    ...{ key, traceparent },
    value: writeCommand(command),
    name: jobKey(type, id),
    ...{ generation, attempt, submittedAt },
  };
}

/** `source` of CloudEvents, `at` in milliseconds since the epoch. The record goes where the first command was. */
export function runRecord(timer: Timer, source: string, at: number): LogRecord {
  const { place, key, value, name, generation, attempt, traceparent } = timer;
  const slash = place.lastIndexOf('/');
  return {
    topic: place.slice(0, slash),
    partition: Number(place.slice(slash + 1)),
    key: Buffer.from(key),
    value,
    headers: recordHeaders(
      { id: `${name}/${generation}.${attempt}/run`, source, type: 'putlog.job.run', subject: name, at },
      childTraceparent(traceparent),
    ),
    timestamp: at,
  };
}
