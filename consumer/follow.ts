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
import { type MemberEnd, memberEndOf } from './group-end.ts';
import type { Groups } from './groups.ts';
import type { SealFollowing } from './seal-following.ts';

/** Undefined: nothing follows. Else it resolves once all of it is in the log; waits while it cannot be. */
export type Follow = (event: JobEvent, traceparent: string | undefined) => Promise<void> | undefined;

export type FollowTools = SubmitRecordTools & {
  /** Without an identity: it writes to partitions of other owners. */
  writer: Pick<LogWriter, 'append'>;
  /** Undefined: this worker has no such type. */
  topicOf: (type: string) => string | undefined;
  seal: SealFollowing;
  groups: Pick<Groups, 'ended' | 'complete'>;
  /** How long a claim is remembered (milliseconds): what is derived again later than that is looked for in the read model. */
  dedupMs: number;
  /** Whether a job (`<type>/<id>`) is in the read model. */
  isKnown: (name: string) => Promise<boolean>;
  log: Logger;
};

export function createFollow(tools: FollowTools) {
  const { writer, topicOf, seal, groups, dedupMs, isKnown, log } = tools;
  let closed = false;
  const givenUp = () => closed;

  /** Of a type that is not here (any more) a worker makes a dead letter, which says so, wherever it finds the command. */
  async function append(command: Command, { command: { topic } }: JobEvent, traceparent: string | undefined) {
    const name = jobKey(command.type, command.id);
    // Only where a checkpoint is that old, or was lost: Kafka forgets those of a group that nobody was in for a week.
    if (Date.now() - command.submittedAt > dedupMs / 2) {
      const known = () => isKnown(name);
      if (await persist(known, { log, what: 'look for what follows a job of long ago', givenUp })) return;
    }
    const sealing = seal(command, givenUp);
    const sealed = sealing === undefined ? command : await sealing;
    const record = submitRecord(sealed, topicOf(command.type) ?? topic, tools, traceparent);
    try {
      await persist(() => writer.append(record), {
        ...{ log, what: 'append what follows a job', final: isTooLarge, givenUp },
      });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      log.error({ err: error, job: name }, 'what follows a job is too large for the log');
    }
  }

  /** The last one over, or whoever sees that it was, appends what follows the group. */
  async function count(end: MemberEnd, event: JobEvent, traceparent: string | undefined) {
    const final = await groups.ended(end);
    if (final === undefined) return;
    await append(final, event, traceparent);
    await groups.complete(end.group);
  }

  const follow: Follow = (event, traceparent) => {
    // Most ends are followed by nothing, and nothing should they cost.
    if (event.options === null) return undefined;
    const steps = followUpsOf(event).map((command) => append(command, event, traceparent));
    const end = memberEndOf(event);
    if (end !== undefined) steps.push(count(end, event, traceparent));
    return steps.length === 0 ? undefined : Promise.all(steps).then(() => undefined);
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
