// Runs past calls through the new code, so many at once, each within its time, as a worker would: the same check of the payload, the same
// context, the same check of the result. Nothing is recorded anywhere.
import { createCall } from '../consumer/call-job.ts';
import type { HandlerResult } from '../consumer/handler-result.ts';
import type { HandlerRunner } from '../consumer/handler-runner.ts';
import { createRunning } from '../consumer/running.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { PastCall, PastEnd } from './pair-ends.ts';

/** Milliseconds. */
const sweepEvery = 50;
/** How long functions may go on once nobody waits for them any more: a thread is ended within that time. */
const graceMs = 4_000;

export type DryRunsOptions = {
  job: LoadedJob;
  handlers: Pick<HandlerRunner, 'run'>;
  concurrency: number;
  /** Aborted: the functions are told, and what comes of them counts for nothing. */
  signal: AbortSignal;
  done: (call: PastCall, end: PastEnd, result: HandlerResult) => void;
};

export function createDryRuns({ job, handlers, concurrency, signal, done }: DryRunsOptions) {
  const running = createRunning(createCall(handlers), () => undefined);
  const active = new Set<Promise<void>>();
  const faults: unknown[] = [];
  let wake: () => void = () => undefined;
  const timer = setInterval(() => running.sweep(performance.now()), sweepEvery);
  const abort = () => {
    running.abortAll();
    wake();
  };
  signal.addEventListener('abort', abort, { once: true });

  /** Or the signal is aborted. One waits at a time: whoever adds, and then whoever waits for the last. */
  const oneEnds = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  async function run(call: PastCall, end: PastEnd): Promise<void> {
    const { traceparent } = call;
    // Retries depend on it: what is compared is the attempt that was the last.
    const command = { ...call.command, attempt: end.attempt };
    const about = {
      offset: 0,
      key: command.key,
      tenant: '',
      bytes: 0,
      opened: undefined,
      startedAt: null,
      notBefore: 0,
    };
    const result = await running.run({ ...about, command, traceparent }, job);
    if (!signal.aborted) done(call, end, result);
  }

  const throwFault = () => {
    if (faults.length > 0) throw faults[0];
  };

  return {
    /** Resolves once it has begun, which may have to wait for another to end. @throws what `done` threw */
    async add(call: PastCall, end: PastEnd): Promise<void> {
      while (active.size >= concurrency && !signal.aborted) await oneEnds();
      throwFault();
      if (signal.aborted) return;
      const one: Promise<void> = run(call, end)
        .catch((fault: unknown) => void faults.push(fault))
        .finally(() => {
          active.delete(one);
          wake();
        });
      active.add(one);
    },

    /** Resolves once all have ended, or a while after the signal was aborted. @throws what `done` threw */
    async settled(): Promise<void> {
      while (active.size > 0 && !signal.aborted) await oneEnds();
      throwFault();
      const grace = Promise.withResolvers<void>();
      const late = setTimeout(grace.resolve, graceMs);
      await Promise.race([Promise.all(active), grace.promise]);
      clearTimeout(late);
    },

    close(): void {
      clearInterval(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
