// Accepting a call: the same id with the same payload is known, with another one a conflict; what is new becomes a
// command, and is accepted when the log has it. Needs only Kafka: the read model is asked, but not waited for. Personal fields are sealed
// before anything else, and for that their key is waited for.
import type { LogWriter } from '../platform/log-writer.ts';
import { type SubmitRecordTools, submitRecord } from '../platform/submit-record.ts';
import { type CallOptions, callOptionsText, signedBy } from '../schemas/call-options.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { type JobDocument, jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import type { Lane } from '../schemas/topics.ts';
import type { LookUp } from './look-up.ts';
import type { PersonalCalls } from './personal-calls.ts';
import type { AssertRoom } from './queue-room.ts';
import type { RecentSubmissions } from './recent-submissions.ts';
import type { AssertOnTime } from './type-lag.ts';

/** A checked call: `payload` fits the schema of `job`. `mustBeNew`: the client said `If-None-Match: *`. */
export type Submission = {
  job: JobDefinition;
  id: string;
  payload: unknown;
  key?: string;
  traceparent: string | undefined;
  mustBeNew: boolean;
  /** Not before (milliseconds since the epoch); undefined: at once. */
  notBefore?: number;
  options?: CallOptions;
  /** How urgent; where the id is known already it changes nothing. */
  lane?: Lane;
  /** Who asks (see callerName): takes turns with the others of the queue. */
  by?: string | undefined;
};

/**
 * `known`: the job was there before, with the same payload.
 * @throws PutlogError id-conflict, precondition-failed, malformed-request, log-unavailable, outcome-unknown, overloaded,
 *   record-too-large, queue-full, type-behind; of a type with personal fields also invalid-payload, keys-unavailable
 */
export type Submit = (submission: Submission) => Promise<{ known: boolean; job: JobDocument }>;

export type SubmitTools = SubmitRecordTools & {
  writer: LogWriter;
  lookUp: LookUp;
  recent: RecentSubmissions;
  topicOf: (job: JobDefinition, lane: Lane | undefined) => string;
  personal: Pick<PersonalCalls, 'seal'>;
  /** Asked for what is new. Undefined: queues hold whatever comes. */
  assertRoom?: AssertRoom | undefined;
  /** The same for types. */
  assertOnTime?: AssertOnTime | undefined;
};

export function createSubmit(tools: SubmitTools): Submit {
  const { writer, lookUp, recent } = tools;

  async function append(command: Command, topic: string, traceparent: string | undefined): Promise<JobDocument> {
    const record = submitRecord(command, topic, tools, traceparent);
    const offset = await writer.append(record);
    return queuedJob(command, { topic, partition: record.partition, offset });
  }

  return async function submit({ job, id, payload, key, traceparent, mustBeNew, notBefore, options, lane, by }) {
    const name = jobKey(job.type, id);
    const sealed = job.personal === null ? undefined : await tools.personal.seal(job, { type: job.type, id }, payload);
    const text = sealed === undefined ? canonicalJson(payload) : sealed.text;
    const digest = sealed === undefined ? digestOf(text) : sealed.digest;
    const known = await lookUp.findIfThere(name);
    if (known !== undefined) return repeated(known, digest, mustBeNew);

    for (let before = recent.get(name); before !== undefined; before = recent.get(name)) {
      const stored = await before.stored.catch(() => undefined);
      // What was about to be accepted was not: this call takes its place, or meets another that did.
      if (stored !== undefined) return repeated(stored, digest, mustBeNew);
      recent.forget(name, before);
    }
    tools.assertRoom?.(job.queue);
    tools.assertOnTime?.(job.type);
    const submittedAt = Date.now();
    const dueAt = notBefore !== undefined && notBefore > submittedAt ? notBefore : null;
    const command: Command = {
      ...{ kind: 'submit', type: job.type, id, generation: 0, attempt: 1 },
      ...{
        key: key ?? name,
        payload: text,
        digest,
        submittedAt,
        dueAt,
        after: null,
        options: callOptionsText(signedBy(by, options)),
      },
    };
    const submission = { digest, stored: append(command, tools.topicOf(job, lane), traceparent) };
    recent.add(name, submission);
    try {
      return { known: false, job: await submission.stored };
    } catch (error) {
      recent.forget(name, submission);
      throw error;
    }
  };
}

function repeated(job: JobDocument, digest: string, mustBeNew: boolean): { known: true; job: JobDocument } {
  const name = jobKey(job.type, job.id);
  if (mustBeNew)
    throw new PutlogError('precondition-failed', `${name} is there already, and If-None-Match: * was asked.`);
  if (job.digest !== digest)
    throw new PutlogError(
      'id-conflict',
      `${name} was submitted with another payload. Use another id for another call.`,
    );
  return { known: true, job };
}
