// What the end of a job is followed by, as commands: whoever wants to be told of it, and the job that goes on with its result. Pure,
// and the same for one event whoever derives it, and when: a command that is appended twice is one job. consumer/follow.ts appends.
import { type CallOptions, callOptionsOf, callOptionsText, type JobName } from '../schemas/call-options.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { type JobEvent, terminalKinds } from '../schemas/event.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import { type JobDocument, jobKey } from '../schemas/job-status.ts';
import { jobStatusBody } from '../schemas/job-status-body.ts';
import { deliveryId, type JobEnd, mailType, webhookType } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import { eventId } from './outcome.ts';

/** Bytes of a payload that the log takes whatever else is said of it; what tells of a job leaves its result out above it. */
const fits = 900_000;

/** `at` in milliseconds since the epoch, `payload` canonical JSON. */
export function followingCommand({ type, id }: JobName, payload: string, at: number, options: CallOptions): Command {
  return {
    ...{ kind: 'submit', type, id, generation: 0, attempt: 1, key: jobKey(type, id) },
    ...{ payload, digest: digestOf(payload), submittedAt: at, dueAt: null, after: null },
    options: callOptionsText(options),
  };
}

/** Those of `then`, `callback` and `notify`; groups are counted elsewhere. Empty: nothing follows. */
export function followUpsOf(event: JobEvent): Command[] {
  if (event.options === null || !terminalKinds.has(event.kind)) return [];
  const { next: [first, ...rest] = [], callback, notify, by } = callOptionsOf(event.options);
  const following = { parent: jobKey(event.type, event.id), ...(by !== undefined && { by }) };
  const commands: Command[] = [];
  if (first !== undefined && event.kind === 'succeeded') {
    const options = { ...following, ...(rest.length > 0 && { next: rest }) };
    commands.push(followingCommand(first, canonical(event.result ?? 'null'), event.at, options));
  }
  if (callback === undefined && notify === undefined) return commands;
  const told = endOf(event);
  const tell = (type: string, payload: object) =>
    void commands.push(followingCommand({ type, id: deliveryId(event) }, canonicalJson(payload), event.at, following));
  if (callback !== undefined) tell(webhookType, { url: callback, event: told });
  if (notify !== undefined) tell(mailType, { to: notify, event: told });
  return commands;
}

function endOf(event: JobEvent): JobEnd {
  const job = jobOfEvent(event, 0);
  if (job === undefined) throw new Error(`an event of kind ${event.kind} tells of no end`);
  const bytes = Buffer.byteLength(job.result ?? '') + Buffer.byteLength(job.error ?? '');
  const shown: JobDocument = bytes <= fits ? job : { ...job, result: null, error: null };
  return {
    id: eventId(event),
    type: `job.${event.kind}`,
    timestamp: new Date(event.at).toISOString(),
    data: JSON.parse(jobStatusBody(shown)),
  };
}

/** A result that is too deep to be written in another order is passed on as it was recorded. */
function canonical(text: string): string {
  try {
    return canonicalJson(JSON.parse(text));
  } catch (error) {
    if (error instanceof PutlogError) return text;
    throw error;
  }
}
