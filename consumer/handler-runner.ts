// Runs handlers: inline ones on the event loop, the others in a pool of worker threads. Whatever a handler does becomes
// a value; a thread that dies costs its own job and nothing else. The partition runner calls it, and stops a job by
// aborting the signal in its context.
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { dryBlobs } from '../platform/dry-blobs.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { BlobStore } from '../schemas/blob.ts';
import type { Delivery, JobContext, JobDefinition } from '../schemas/define-job.ts';
import { isOwnType } from '../schemas/own-types.ts';
import type { Progress } from '../schemas/progress.ts';
import type { BuildSnapshot } from '../schemas/snapshot.ts';
import { callHandler, createResultCheck, failureOf, type HandlerResult, type ResultCheck } from './handler-result.ts';
import type { ThreadSettings, ThreadTask } from './handler-thread.ts';
import { progressText } from './progress.ts';

export type { HandlerResult } from './handler-result.ts';

/**
 * @property dryRun what functions are told; in a dry run their blobs are written nowhere.
 * @property delivery given to Putlog's own types alone: it holds secrets.
 * @property buildSnapshot given to them, too.
 * @property threadHeapMb a thread that needs more JavaScript heap is ended.
 * @property threadGraceMs how long a function in a thread may go on after its signal was aborted; then its thread is ended.
 * @property onStray what a thread threw outside of any job.
 */
export type HandlerRunnerOptions = Omit<ThreadSettings, 'dryRun'> & {
  dryRun?: boolean;
  blobs: BlobStore;
  delivery?: Delivery;
  buildSnapshot?: BuildSnapshot;
  threads: number;
  threadHeapMb?: number;
  threadGraceMs?: number;
  onStray?: (error: unknown) => void;
};

/** `signal` makes the abort signal when it is asked for: most functions never do. `progress` is told JSON text. */
export type RunContext = Omit<JobContext, 'blobs' | 'outbound' | 'dryRun' | 'signal' | 'progress'> & {
  signal: () => AbortSignal;
  progress: (text: string) => void;
};

export type HandlerRunner = {
  /**
   * Never rejects. When the signal is aborted a thread has its grace and is ended then, with an answer; an inline handler
   * answers when it heeds the signal, or never: do not wait for it.
   */
  run(job: LoadedJob, payload: unknown, context: RunContext): Promise<HandlerResult>;
  /** Waits for the jobs in threads, then ends the threads. */
  close(): Promise<void>;
};

/** Makes the abort signal of a context. */
const makeSignal = Symbol('makeSignal');

type Unsigned = Omit<JobContext, 'signal'> & { readonly [makeSignal]: () => AbortSignal };

/** One for all contexts: a literal with a getter of its own is a slow object of a kilobyte. */
const lateSignal = {
  enumerable: true,
  get(this: Unsigned) {
    return this[makeSignal]();
  },
};

function withSignal(context: Unsigned): JobContext {
  const signed: object = Object.defineProperty(context, 'signal', lateSignal);
  return signed as JobContext;
}

export function createHandlerRunner(options: HandlerRunnerOptions): HandlerRunner {
  const { dryRun = false, threads, threadHeapMb = 1_024, threadGraceMs = 3_000, onStray = warn } = options;
  const { mongoUri, outbound, resultLimitBytes, delivery, buildSnapshot } = options;
  const own = { ...(delivery && { delivery }), ...(buildSnapshot && { buildSnapshot }) };
  const blobs = dryRun ? dryBlobs(options.blobs) : options.blobs;
  const checks = new Map<JobDefinition, ResultCheck>();
  let pool: Piscina<ThreadTask, HandlerResult> | undefined;

  const checkOf = (definition: JobDefinition): ResultCheck => {
    const known = checks.get(definition);
    if (known !== undefined) return known;
    const check = createResultCheck(definition, resultLimitBytes);
    checks.set(definition, check);
    return check;
  };

  // Written out: a spread costs a microsecond for each job.
  const inlineContext = (context: RunContext): JobContext => {
    const { type, id, generation, attempt, idempotencyKey, traceparent, signal, progress } = context;
    const inline = {
      type,
      id,
      generation,
      attempt,
      idempotencyKey,
      traceparent,
      blobs,
      outbound,
      dryRun,
      progress: (update: Progress) => progress(progressText(update)),
      [makeSignal]: signal,
    };
    return withSignal(inline);
  };

  const contextFor = (type: string, context: RunContext): JobContext =>
    isOwnType(type) ? { ...inlineContext(context), ...own } : inlineContext(context);

  const openPool = () => {
    const settings: ThreadSettings = { mongoUri, outbound, resultLimitBytes, dryRun };
    const opened = new Piscina<ThreadTask, HandlerResult>({
      filename: new URL('./handler-thread.ts', import.meta.url).href,
      // As many as there may be, always: piscina fills up only to the minimum after a thread died.
      minThreads: threads,
      maxThreads: threads,
      // A thread that waits for work in Atomics.wait would not answer MongoDB meanwhile.
      atomics: 'disabled',
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMb },
      workerData: settings,
    });
    return opened.on('error', onStray);
  };

  const runInThread = async ({ definition, file }: LoadedJob, payload: unknown, context: RunContext) => {
    const { signal, progress, ...rest } = context;
    const asked = signal();
    if (asked.aborted) return stopped;
    pool ??= openPool();
    const { port1: ours, port2: channel } = new MessageChannel();
    ours.on('message', progress);
    const thread = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const abort = () => {
      ours.postMessage('abort');
      grace = setTimeout(() => thread.abort(), threadGraceMs);
    };
    asked.addEventListener('abort', abort, { once: true });
    try {
      const task = { file, type: definition.type, payload, context: rest, channel };
      return await pool.run(task, { signal: thread.signal, transferList: [channel] });
    } catch (error) {
      return deathOf(error);
    } finally {
      asked.removeEventListener('abort', abort);
      clearTimeout(grace);
      // What it said last may still be on its way.
      for (let last = receiveMessageOnPort(ours); last !== undefined; last = receiveMessageOnPort(ours))
        progress(last.message);
      ours.close();
    }
  };

  return {
    run(job, payload, context) {
      const { definition } = job;
      switch (definition.run) {
        case 'inline':
          return callHandler(definition, payload, contextFor(definition.type, context), checkOf(definition));
        case 'thread':
          return runInThread(job, payload, context);
        default:
          return definition.run satisfies never;
      }
    },
    close: async () => pool?.close(),
  };
}

const warn = (error: unknown) => process.emitWarning(error instanceof Error ? error : String(error));

const stopped: HandlerResult = { ok: false, code: 'job-failed', detail: 'the function was stopped' };

/** Why there is no answer from the thread: stopped, out of memory, process.exit, an error that nobody caught. */
function deathOf(error: unknown): HandlerResult {
  const failure = failureOf(error);
  if (!(error instanceof Error)) return failure;
  if (error.name === 'AbortError') return stopped;
  return { ...failure, detail: `the function ended its worker thread: ${failure.detail}` };
}
