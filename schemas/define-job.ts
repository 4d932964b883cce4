// How a function becomes callable: `export default defineJob({ … })` in a file of jobs/ or of the folder PUTLOG_JOBS.
// The producer reads the schemas, the consumer runs the handler; the types of both follow from the schemas.
import type { Static, TSchema } from 'typebox';
import type { BlobStore } from './blob.ts';
import { longestTimeout } from './call-options.ts';
import { type Limit, limitFaults } from './limit.ts';
import { type PersonalFields, personalFaults, personalFieldsOf } from './personal-fields.ts';
import type { Progress } from './progress.ts';
import type { BuildSnapshot } from './snapshot.ts';

/** What a handler gets besides its payload. */
export type JobContext = {
  readonly type: string;
  readonly id: string;
  /** Counts from 0: how often the job was sent again after it was over. */
  readonly generation: number;
  /** Counts from 1 in each generation. */
  readonly attempt: number;
  /** Stable over attempts and generations: give it to whatever the function calls, so that a repeated attempt has its effect once. */
  readonly idempotencyKey: string;
  /** Aborted when the job times out or its worker stops; a function that heeds it frees its slot at once. */
  readonly signal: AbortSignal;
  /** Told in the job's status and events, the latest of each quarter of a second. It is a heartbeat, too. */
  readonly progress: (update: Progress) => void;
  /** In a dry run what is written or deleted goes nowhere, with the answers of a real one; what is stored can be read. */
  readonly blobs: BlobStore;
  /** True: a past call is run again only to be compared (`putlog replay`). What the function would do to others it must leave undone. */
  readonly dryRun: boolean;
  /** Where a function may connect to on behalf of a caller: `allowPrivate` lets it reach private and loopback addresses. */
  readonly outbound: { readonly allowPrivate: boolean };
  /** W3C trace context of the request that asked for the job. */
  readonly traceparent: string | undefined;
  /** Of the types that are Putlog's own, and of no other. */
  readonly delivery?: Delivery;
  readonly buildSnapshot?: BuildSnapshot;
};

/** Signs and sends what is told of the ends of jobs. Each secret is `whsec_` and base64; `url` is smtp:// or smtps://. */
export type Delivery = {
  readonly webhookSecrets: readonly string[];
  readonly mail: { readonly url: string; readonly from: string } | undefined;
};

/**
 * A function that fails is run again until it has had `attempts`, each time after a random part of a time that begins with
 * `backoffMs` and doubles up to `maxBackoffMs` (full jitter). What it throws decides too: a `NonRetryableError`, or any error
 * whose `name` stands in `nonRetryableErrors`, is final; a `RetryAfter` says when to come again.
 */
export type RetryPolicy = {
  attempts: number;
  backoffMs: number;
  maxBackoffMs: number;
  nonRetryableErrors: readonly string[];
};

/**
 * @property timeout in milliseconds.
 * @property heartbeat a function that has told no progress for so long (milliseconds) is stuck: aborted, and tried again if its policy
 *   has an attempt left.
 * @property retention how long its status can be read once it is over (milliseconds), and no less than PUTLOG_DEDUP_MS; the log stays. For
 *   ever, unless told.
 * @property maxLag where its oldest job that has not begun has waited for longer (milliseconds), new ones are refused with 503. What waits
 *   for a limit or an ordering key counts, what is due later or is tried again does not. However long, unless told.
 * @property queue lower-case letters, digits and `-`.
 * @property subject JSON Pointer of the member of the payload that says whose its personal fields are, those that the schema marks with
 *   `personal: true`. They are in the log under a key of that subject, until `putlog erase` drops it.
 */
export type JobOptions<P extends TSchema, R extends TSchema> = {
  type: string;
  description?: string;
  payload: P;
  result: R;
  subject?: string;
  queue?: string;
  timeout?: number;
  heartbeat?: number;
  retention?: number;
  maxLag?: number;
  retry?: Partial<RetryPolicy>;
  /** In the whole system; an operator may change it while the system runs. None, unless told. */
  limit?: Limit;
  /** Later calls of an ordering key wait until an earlier one that is retried is over; else they go first. */
  ordered?: boolean;
  /** `inline`: on the event loop, for what awaits. `thread`: in a worker thread, for what computes. */
  run?: 'inline' | 'thread';
  /** Shown in the API description and the docs; must fit the payload schema. */
  example?: Static<P>;
  handler: (payload: Static<P>, context: JobContext) => Promise<Static<R>> | Static<R>;
};

/** A job type with its defaults filled in; its schemas' types are gone, its schemas are not. */
export type JobDefinition = {
  readonly type: string;
  readonly description: string;
  readonly payload: TSchema;
  readonly result: TSchema;
  /** Null: it has none, and nothing of its payload is sealed. */
  readonly personal: PersonalFields | null;
  readonly queue: string;
  readonly timeout: number;
  /** Null: it need not say that it is alive. */
  readonly heartbeat: number | null;
  /** Null: its status is kept for ever. */
  readonly retention: number | null;
  /** Null: it takes more however far it is behind. */
  readonly maxLag: number | null;
  readonly retry: RetryPolicy;
  /** Null: as many as there are slots. */
  readonly limit: Limit | null;
  readonly ordered: boolean;
  readonly run: 'inline' | 'thread';
  readonly example: unknown;
  readonly handler: (payload: never, context: JobContext) => unknown;
};

/** A definition that tells the compiler, and nobody else, what its payload and its result are. */
export type TypedJob<P, R> = JobDefinition & { readonly types?: { readonly payload: P; readonly result: R } };

/** Of a regular expression; without its length. */
export const typeNamePattern = '[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*';
const typeName = new RegExp(`^${typeNamePattern}$`);
/** Lower-case, dotted, at most 100 characters. */
export const isTypeName = (type: string): boolean => type.length <= 100 && typeName.test(type);

const queueName = /^[a-z][a-z0-9-]{0,40}$/;

const year = 365 * 24 * 3_600_000;
const isCount = (value: number, least: number, most: number) =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/** @throws TypeError that lists everything wrong with the definition. */
export function defineJob<P extends TSchema, R extends TSchema>(
  options: JobOptions<P, R>,
): TypedJob<Static<P>, Static<R>> {
  const { subject = null, ...rest } = options;
  const definition = {
    description: '',
    queue: 'default',
    timeout: 60_000,
    heartbeat: null,
    retention: null,
    maxLag: null,
    limit: null,
    ordered: false,
    run: 'inline',
    example: undefined,
    ...rest,
    personal: personalFieldsOf(options.payload, subject),
    retry: { attempts: 1, backoffMs: 1_000, maxBackoffMs: 60_000, nonRetryableErrors: [], ...options.retry },
  } as const satisfies JobDefinition | { retry: RetryPolicy };
  const wrong = [
    typeName.test(definition.type) ||
      `type must be a lower-case, dotted name such as image.thumbnail, not "${definition.type}"`,
    definition.type.length <= 100 || 'type must have at most 100 characters',
    queueName.test(definition.queue) || `queue must be lower-case letters, digits and -, not "${definition.queue}"`,
    isCount(definition.timeout, 1, longestTimeout) || `timeout must be 1 to ${longestTimeout} milliseconds`,
    definition.retention === null ||
      isCount(definition.retention, 1_000, 100 * year) ||
      `retention must be 1000 to ${100 * year} milliseconds`,
    definition.maxLag === null ||
      isCount(definition.maxLag, 1_000, year) ||
      `maxLag must be 1000 to ${year} milliseconds`,
    definition.heartbeat === null ||
      isCount(definition.heartbeat, 100, year) ||
      `heartbeat must be 100 to ${year} milliseconds`,
    isCount(definition.retry.attempts, 1, 1_000) || 'retry.attempts must be a whole number from 1 to 1000',
    isCount(definition.retry.backoffMs, 0, year) || `retry.backoffMs must be 0 to ${year} milliseconds`,
    isCount(definition.retry.maxBackoffMs, 0, year) || `retry.maxBackoffMs must be 0 to ${year} milliseconds`,
    ...(definition.limit === null
      ? []
      : limitFaults(definition.limit).map(({ pointer, detail }) => `limit${pointer} ${detail}`)),
    ...personalFaults(options.payload, options.result, subject),
    typeof definition.handler === 'function' || 'handler must be a function',
  ].filter((reason) => reason !== true);
  if (wrong.length > 0) throw new TypeError(`job type "${definition.type}": ${wrong.join('; ')}`);
  return definition;
}
