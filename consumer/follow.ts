// Appends what follows the end of a job. The owner of its partition calls it once the end is in the log, and keeps its checkpoint
// before that event until all is appended: a later owner derives the rest again, and what is there twice is claimed once.
import type { Logger } from '../platform/log.ts';
import type { LogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { type SubmitRecordTools, submitRecord } from '../platform/submit-record.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import { followUpsOf } from './follow-ups.ts';

/** Undefined: nothing follows. Else it resolves once all of it is in the log; waits while it cannot be. */
export type Follow = (event: JobEvent, traceparent: string | undefined) => Promise<void> | undefined;

export type FollowTools = SubmitRecordTools & {
  /** Without an identity: it writes to partitions of other owners. */
  writer: Pick<LogWriter, 'append'>;
  /** Undefined: this worker has no such type. */
  topicOf: (type: string) => string | undefined;
  log: Logger;
};

export function createFollow(tools: FollowTools) {
  const { writer, topicOf, log } = tools;
  let closed = false;

  /** Of a type that is not here (any more) a worker makes a dead letter, which says so, wherever it finds the command. */
  async function append(command: Command, { command: { topic } }: JobEvent, traceparent: string | undefined) {
    const record = submitRecord(tools, command, topicOf(command.type) ?? topic, traceparent);
    try {
      await persist(() => writer.append(record), {
        ...{ log, what: 'append what follows a job', final: isTooLarge },
        givenUp: () => closed,
      });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      log.error({ err: error, job: jobKey(command.type, command.id) }, 'what follows a job is too large for the log');
    }
  }

  const follow: Follow = (event, traceparent) => {
    const commands = followUpsOf(event);
    if (commands.length === 0) return undefined;
    return Promise.all(commands.map((command) => append(command, event, traceparent))).then(() => undefined);
  };

  return {
    follow,
    /** What waits is given up: a later owner derives it. */
    close() {
      closed = true;
    },
  };
}

const isTooLarge = (error: unknown) => error instanceof PutlogError && error.code === 'record-too-large';
