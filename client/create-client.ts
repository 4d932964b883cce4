// The client of the HTTP API: one function for each thing that can be asked. `createClient` makes it; nothing is sent before it is asked.
import { type BatchAnswer, type BatchLine, type BatchOptions, batch } from './batch.ts';
import { buildSnapshot, type Snapshot, type SnapshotOptions } from './build-snapshot.ts';
import { callHeaders, callQuery, instant, type RequestOptions, type SubmitOptions, waiting } from './call-request.ts';
import { type ConnectionOptions, createConnection } from './connection.ts';
import { type FollowOptions, followJob } from './follow-job.ts';
import { type FinishedJob, type JobEvent, type JobName, type JobStatus, jobPath } from './job.ts';
import { type DefinedJob, type JobIn, type NameIn, type PayloadOf, type ResultOf, typeOf } from './job-types.ts';
import { type JobFilter, listJobs } from './list-jobs.ts';
import { type WaitOptions, waitForJob } from './wait-for-job.ts';

export type PutOptions = SubmitOptions & {
  /** Refuse with `precondition-failed` if the job is there already. Such a call is repeated only where it was surely refused. */
  mustBeNew?: boolean;
};

export type PostOptions = SubmitOptions & {
  /** Calls with one key are one job; made anew for each call unless told, so that a repeated request makes no second job. */
  idempotencyKey?: string;
};

export type GetOptions = RequestOptions & {
  wait?: number;
  /** A time that has passed, or a position of the log (topic/partition@offset); with it nothing is waited for. */
  at?: Date | string;
};

type Put<Jobs> = {
  <J extends JobIn<Jobs>>(
    job: J,
    id: string,
    payload: PayloadOf<Jobs, J>,
    options?: PutOptions,
  ): Promise<JobStatus<ResultOf<Jobs, J>>>;
  /** With the types told. */
  <P = never, R = unknown>(job: string, id: string, payload: NoInfer<P>, options?: PutOptions): Promise<JobStatus<R>>;
};

type Submit<Jobs> = {
  <J extends JobIn<Jobs>>(
    job: J,
    payload: PayloadOf<Jobs, J>,
    options?: PostOptions,
  ): Promise<JobStatus<ResultOf<Jobs, J>>>;
  /** With the types told. */
  <P = never, R = unknown>(job: string, payload: NoInfer<P>, options?: PostOptions): Promise<JobStatus<R>>;
};

/** One call of a batch. */
export type BatchCall<Jobs = Record<never, never>> = {
  [J in NameIn<Jobs>]: Omit<BatchLine, 'type' | 'payload'> & { type: J; payload: PayloadOf<Jobs, J> };
}[NameIn<Jobs>];

/** All of it rejects with ProblemError, with ConnectionError where no answer came, or with the reason of the signal. */
export type Client<Jobs = Record<never, never>> = {
  /** Calls a job under an id of yours: the same again is the same job, another payload is refused (`id-conflict`). */
  put: Put<Jobs>;
  /** Calls a job under an id that the server makes. */
  submit: Submit<Jobs>;
  /** Waits for the end, however it came; `resultOf` takes the result out of it. */
  wait: <R>(job: JobName<R>, options?: WaitOptions) => Promise<FinishedJob<R>>;
  /** What is known of it now, or once it is over if that is within `wait` milliseconds, or what was known of it `at` an earlier moment. */
  get: <R>(job: JobName<R>, options?: GetOptions) => Promise<JobStatus<R>>;
  /** What happens to it, from the first event to the one that ends it. */
  follow: <R>(job: JobName<R>, options?: FollowOptions) => AsyncGenerator<JobEvent<R>>;
  /** Asks for its end; its status tells what came first. */
  cancel: <R>(job: JobName<R>, options?: RequestOptions) => Promise<JobStatus<R>>;
  /** Many calls in one request. */
  batch: (
    calls: Iterable<BatchCall<Jobs>> | AsyncIterable<BatchCall<Jobs>>,
    options?: BatchOptions,
  ) => AsyncGenerator<BatchAnswer>;
  /** Builds the list of jobs as it was at a time that has passed, or at a position of the log; `list` reads it. */
  snapshot: (at: Date | string, options?: SnapshotOptions) => Promise<Snapshot>;
  /** Jobs, newest first. */
  list: <R = unknown>(filter?: JobFilter) => AsyncGenerator<JobStatus<R>>;
};

/** `Jobs` says what the job types take and give: `createClient<{ 'word.count': typeof wordCount }>`. Without it any name will do. */
export function createClient<Jobs = Record<never, never>>(options: ConnectionOptions): Client<Jobs> {
  const connection = createConnection(options);
  const { ask } = connection;

  async function put<R>(job: string | DefinedJob, id: string, payload: unknown, asked: PutOptions = {}) {
    const { mustBeNew = false, signal } = asked;
    const { body } = await ask({
      ...{ method: 'PUT', path: `${jobPath({ type: typeOf(job), id })}${callQuery(asked)}`, signal },
      headers: { ...callHeaders(asked), ...(mustBeNew && { 'if-none-match': '*' }) },
      ...{ body: JSON.stringify(payload), waits: waiting(asked.wait).waits },
      repeatable: mustBeNew ? 'refused' : 'always',
    });
    return body as JobStatus<R>;
  }

  async function submit<R>(job: string | DefinedJob, payload: unknown, asked: PostOptions = {}) {
    const { idempotencyKey = crypto.randomUUID(), signal } = asked;
    const { body } = await ask({
      ...{ method: 'POST', path: `jobs/${encodeURIComponent(typeOf(job))}${callQuery(asked)}`, signal },
      headers: { ...callHeaders(asked), 'idempotency-key': `"${idempotencyKey}"` },
      ...{ body: JSON.stringify(payload), waits: waiting(asked.wait).waits, repeatable: 'always' },
    });
    return body as JobStatus<R>;
  }

  return {
    put,
    submit,
    wait: (job, asked) => waitForJob(connection, job, asked),
    async get<R>(job: JobName<R>, { wait, at, signal }: GetOptions = {}) {
      const query = at === undefined ? '' : `?${new URLSearchParams({ at: instant(at) })}`;
      const held = waiting(at === undefined ? wait : undefined);
      const { body } = await ask({
        ...{ method: 'GET', path: `${jobPath(job)}${query}`, repeatable: 'always', signal, ...held },
      });
      return body as JobStatus<R>;
    },
    follow: (job, asked) => followJob(connection, job, asked),
    async cancel<R>(job: JobName<R>, { signal }: RequestOptions = {}) {
      const { body } = await ask({ method: 'DELETE', path: jobPath(job), repeatable: 'always', signal });
      return body as JobStatus<R>;
    },
    batch: (calls, asked) => batch(connection, calls, asked),
    snapshot: (at, asked) => buildSnapshot(connection, at, asked),
    list: (filter) => listJobs(connection, filter),
  };
}
