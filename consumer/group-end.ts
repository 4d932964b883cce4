// The end of a member of a group, and the command that follows when all are over: the same from the same ends. Pure.
import { callOptionsOf, type JobName } from '../schemas/call-options.ts';
import { canonicalJson } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { type JobEvent, terminalKinds } from '../schemas/event.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { followingCommand } from './follow-ups.ts';

/** `result` and `error` are JSON text, `at` in milliseconds since the epoch. */
export type MemberOver = Pick<JobDocument, 'type' | 'id' | 'state' | 'result' | 'error'> & { at: number };

/** The how-manieth (from 0) it is of `size`; `final` is what follows the group. */
export type MemberEnd = MemberOver & { group: string; index: number; size: number; final: JobName };

/** Undefined: the event is no end, or of no member. */
export function memberEndOf(event: JobEvent): MemberEnd | undefined {
  if (event.options === null || !terminalKinds.has(event.kind)) return undefined;
  const { group } = callOptionsOf(event.options);
  const job = jobOfEvent(event, 0);
  if (group?.member === undefined || job === undefined) return undefined;
  const { type, id, state, result, error } = job;
  return { group: group.id, ...group.member, type, id, state, result, error, at: event.at };
}

/** Bytes of what it came to. */
export const memberSize = ({ result, error }: MemberOver): number =>
  Buffer.byteLength(result ?? '') + Buffer.byteLength(error ?? '');

type Ends = {
  /** In the order of the group. */
  members: readonly Omit<MemberOver, 'result' | 'error'>[];
  /** Undefined: their results are too large. */
  whole: readonly MemberOver[] | undefined;
  maxPayloadBytes: number;
};

/** Its payload has the results of all, or of none where they are too large together. */
export function finalCommand({ group, final }: { group: string; final: JobName }, ends: Ends): Command {
  const at = Math.max(...ends.members.map((one) => one.at));
  const brief = ({ type, id, state }: Omit<MemberOver, 'result' | 'error'>) => ({ type, id, state });
  const payloadOf = (jobs: object[]) => canonicalJson({ group, jobs });
  const whole =
    ends.whole &&
    payloadOf(
      ends.whole.map((one) => ({
        ...brief(one),
        ...(one.result !== null && { result: JSON.parse(one.result) }),
        ...(one.error !== null && { error: JSON.parse(one.error) }),
      })),
    );
  const fits = whole !== undefined && Buffer.byteLength(whole) <= ends.maxPayloadBytes;
  return followingCommand(final, fits ? whole : payloadOf(ends.members.map(brief)), at, { group: { id: group } });
}
