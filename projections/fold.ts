// From a record of the log to what it says of a job's status: decodes commands and events, passes over fences. What it says of a
// dead letter is told beside.
import { headerOf } from '../platform/batch-record.ts';
import type { PreparedLog } from '../platform/prepare-log.ts';
import type { Command } from '../schemas/command.ts';
import { redriveHeader } from '../schemas/dead-letter.ts';
import type { JobEvent } from '../schemas/event.ts';
import { fenceEventType } from '../schemas/fence.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { readPosition } from '../schemas/position.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { type DeadLetterPart, deadLetterOf } from './dead-letters.ts';
import type { Fold } from './patient-fold.ts';

type Decoders = Pick<PreparedLog, 'eventsTopic' | 'readCommand' | 'readEvent'>;

/**
 * `dead` is told of a record perhaps more than once. `retentionOf` a type: how long its jobs are kept once they are over
 * (milliseconds); undefined: for ever.
 */
export function createFold(
  { eventsTopic, readCommand, readEvent }: Decoders,
  dead: (part: DeadLetterPart) => void,
  retentionOf: (type: string) => number | undefined,
): Fold<JobDocument> {
  function fromAny(event: JobEvent, offset: number) {
    if (event.kind === 'dead') dead(deadLetterOf(event, offset));
    const document = jobOfEvent(event, offset);
    if (document === undefined || document.finishedAt === null) return document;
    const retention = retentionOf(document.type);
    if (retention !== undefined) document.expiresAt = new Date(document.finishedAt + retention);
    return document;
  }

  return (topic, partition, message) => {
    const { offset, value, timestamp } = message;
    const at = Number(offset);
    if (topic !== eventsTopic) {
      const again = headerOf(message, redriveHeader);
      if (again !== undefined && readPosition(again) !== undefined) dead({ _id: again, redrivenAt: Number(timestamp) });
      const command = readCommand(value);
      const place = { topic, partition, offset: at };
      // The event that put a run off has said all that its command could say.
      const queued = (one: Command) => (one.kind === 'run' ? undefined : queuedJob(one, place));
      return command instanceof Promise ? command.then(queued) : queued(command);
    }
    if (headerOf(message, 'ce_type') === fenceEventType) return undefined;
    const event = readEvent(value);
    return event instanceof Promise ? event.then((e) => fromAny(e, at)) : fromAny(event, at);
  };
}
