// The jobs of a partition that run right now: calls the function, announces long runs, ends those over their time,
// aborts what is left when the partition goes. The partition runner records what comes of it.
import type { LoadedJob } from '../platform/load-jobs.ts';
import { callOptionsOf } from '../schemas/call-options.ts';
import type { Command } from '../schemas/command.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { HandlerResult } from './handler-result.ts';
import type { Task } from './task.ts';

/**
 * Calls the function. Never rejects for what the function does. `signal` makes the abort signal when it is asked for, `progress` is told
 * how far the function is (JSON text).
 */
export type Call = (
  job: LoadedJob,
  command: Command,
  run: { signal: () => AbortSignal; progress: (text: string) => void; traceparent: string | undefined },
) => Promise<HandlerResult>;

/** What is told of a run while it lasts: that it began, or how far it is. */
export type Announcement = { startedAt: number; runs: () => boolean; progress?: string };

type Run = {
  task: Task;
  /** On the monotonic clock. */
  began: number;
  timeout: number;
  heartbeat: number | null;
  /** On the monotonic clock: when it last said that it is alive, and when anything was told of it. */
  beatAt: number;
  toldAt: number;
  /** What it said of its progress and nobody was told yet. */
  progress: string | undefined;
  announced: boolean;
  abort: AbortController | undefined;
  /** On the monotonic clock: somebody wanted it to end then. */
  cancelledAt: number | undefined;
  /** Why the run is over for us; a function that asks for its signal later gets an aborted one. */
  over: PutlogError | undefined;
  settle: (result: HandlerResult) => void;
};

/** How long a function that was cancelled may still come to its end by itself (milliseconds). */
const graceMs = 5_000;
/** A job that runs longer (milliseconds) is announced as `started`; so often at most is its progress told. */
const announceAfter = 250;

function end(run: Run, why: PutlogError) {
  run.over = why;
  run.abort?.abort(why);
}

export function createRunning(call: Call, announce: (task: Task, run: Announcement) => void) {
  const runs = new Set<Run>();

  function fail(run: Run, code: 'job-timed-out' | 'job-stuck', detail: string) {
    run.settle({ ok: false, code, detail });
    end(run, new PutlogError(code, detail));
  }

  /** The first time that it has begun; afterwards how far it is, where it has said so. */
  function tell(run: Run, now: number) {
    const { task, progress } = run;
    const { startedAt } = task;
    if (startedAt === null || now - run.toldAt < announceAfter || (run.announced && progress === undefined)) return;
    run.toldAt = now;
    const about = { startedAt, runs: () => runs.has(run) };
    if (!run.announced) announce(task, about);
    else if (progress !== undefined) {
      announce(task, { ...about, progress });
      run.progress = undefined;
    }
    run.announced = true;
  }

  return {
    run(task: Task, job: LoadedJob): Promise<HandlerResult> {
      const { promise, resolve, reject } = Promise.withResolvers<HandlerResult>();
      const began = performance.now();
      const { heartbeat } = job.definition;
      const timeout = callOptionsOf(task.command.options).timeoutMs ?? job.definition.timeout;
      // Written out: a spread costs a kilobyte for each job.
      const run: Run = {
        task,
        began,
        timeout,
        heartbeat,
        beatAt: began,
        toldAt: began,
        progress: undefined,
        announced: false,
        abort: undefined,
        cancelledAt: undefined,
        over: undefined,
        settle(result) {
          runs.delete(run);
          resolve(result);
        },
      };
      const signal = () => {
        run.abort ??= new AbortController();
        if (run.over !== undefined) run.abort.abort(run.over);
        return run.abort.signal;
      };
      const progress = (text: string) => {
        run.progress = text;
        run.beatAt = performance.now();
      };
      task.startedAt = Date.now();
      runs.add(run);
      // The function may never come back; what settles first counts.
      call(job, task.opened ?? task.command, { signal, progress, traceparent: task.traceparent }).then(
        run.settle,
        (error) => {
          runs.delete(run);
          reject(error);
        },
      );
      return promise;
    },

    /** Called every 50 ms or so with the monotonic clock. */
    sweep(now: number) {
      for (const run of runs) {
        const { timeout, heartbeat } = run;
        if (run.cancelledAt !== undefined && now - run.cancelledAt >= graceMs)
          run.settle({ ok: false, code: 'job-cancelled', detail: 'The function went on, and was given up.' });
        else if (now - run.began >= timeout)
          fail(run, 'job-timed-out', `The function took longer than its ${timeout} ms.`);
        else if (heartbeat !== null && now - run.beatAt >= heartbeat)
          fail(run, 'job-stuck', `The function told no progress for its ${heartbeat} ms.`);
        else tell(run, now);
      }
    },

    /** Its signal is aborted at once; where the function does not heed it, the run is over for us after a grace. */
    cancel(is: (command: Command) => boolean) {
      for (const run of runs) {
        if (run.cancelledAt !== undefined || !is(run.task.command)) continue;
        run.cancelledAt = performance.now();
        end(run, new PutlogError('job-cancelled', 'Somebody asked for the end of the job.'));
      }
    },

    /** The outcome of what runs is nobody's here any more. */
    abortAll() {
      for (const run of runs) end(run, new PutlogError('shutting-down', 'The worker gives the job up.'));
    },
  };
}
