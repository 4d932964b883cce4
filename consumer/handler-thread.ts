// The worker thread of the handler runner: imports a job's file once, calls its handler, and answers with the same value
// that an inline call has. Its MongoDB client connects at the first use of a blob and ends with the thread.
import { type MessagePort, workerData } from 'node:worker_threads';
import { createBlobStore } from '../platform/blob-store.ts';
import { dryBlobs } from '../platform/dry-blobs.ts';
import { provideJobImports } from '../platform/job-imports.ts';
import { importJobs } from '../platform/load-jobs.ts';
import { createMongo } from '../platform/mongo.ts';
import type { JobContext, JobDefinition } from '../schemas/define-job.ts';
import { callHandler, createResultCheck, failureOf, type HandlerResult, type ResultCheck } from './handler-result.ts';
import { progressText } from './progress.ts';

/** Given to each thread when it starts. */
export type ThreadSettings = {
  mongoUri: string;
  outbound: JobContext['outbound'];
  resultLimitBytes: number;
  dryRun: boolean;
};

export type ThreadTask = {
  file: string;
  type: string;
  payload: unknown;
  context: Omit<JobContext, 'blobs' | 'outbound' | 'dryRun' | 'signal' | 'progress'>;
  /** Anything that comes through it aborts the function's signal; what goes out is its progress, JSON text. */
  channel: MessagePort;
};

function createThreadHandler({ mongoUri, outbound, resultLimitBytes, dryRun }: ThreadSettings) {
  provideJobImports();
  const jobs = new Map<string, { definition: JobDefinition; check: ResultCheck }>();
  const stored = createBlobStore(createMongo(mongoUri, { maxPoolSize: 2 }).db);
  const blobs = dryRun ? dryBlobs(stored) : stored;
  const load = async (file: string, type: string) => {
    const definition = (await importJobs(file)).find((candidate) => candidate.type === type);
    if (definition === undefined) throw new Error(`${file} does not define ${type} any more`);
    const job = { definition, check: createResultCheck(definition, resultLimitBytes) };
    jobs.set(type, job);
    return job;
  };

  return async ({ file, type, payload, context, channel }: ThreadTask): Promise<HandlerResult> => {
    const abort = new AbortController();
    channel.once('message', () => abort.abort());
    const progress: JobContext['progress'] = (update) => channel.postMessage(progressText(update));
    try {
      const { definition, check } = jobs.get(type) ?? (await load(file, type));
      return await callHandler(
        definition,
        payload,
        { ...context, blobs, outbound, dryRun, progress, signal: abort.signal },
        check,
      );
    } catch (error) {
      return failureOf(error);
    } finally {
      channel.close();
    }
  };
}

export default createThreadHandler(workerData);
