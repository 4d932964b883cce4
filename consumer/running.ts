// The jobs of a partition that run right now: calls the function, announces long runs, ends those over their time,
// aborts what is left when the partition goes. The partition runner records what comes of it.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Command } from '../schemas/command.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { HandlerResult } from './handler-result.ts';
import type { Task } from './task.ts';

/** Calls the function. Never rejects for what the function does. `signal` makes the abort signal when it is asked for. */
export type Call = (
  job: LoadedJob,
  command: Command,
  run: { signal: () => AbortSignal; traceparent: string | undefined },
) => Promise<HandlerResult>;

type Run = {
  task: Task;
  /** On the monotonic clock. */
  began: number;
  timeout: number;
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
/** A job that runs longer (milliseconds) is announced as `started`. */
const announceAfter = 250;

function end(run: Run, why: PutlogError) {
  run.over = why;
  run.abort?.abort(why);
}

export function createRunning(call: Call, announce: (task: Task, startedAt: number, runs: () => boolean) => void) {
  const runs = new Set<Run>();
  return {
    run(task: Task, job: LoadedJob): Promise<HandlerResult> {
      const { promise, resolve, reject } = Promise.withResolvers<HandlerResult>();
      const run: Run = {
        task,
        began: performance.now(),
        timeout: job.definition.timeout,
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
      task.startedAt = Date.now();
      runs.add(run);
      // The function may never come back; what settles first counts.
      call(job, task.command, { signal, traceparent: task.traceparent }).then(run.settle, (error) => {
        runs.delete(run);
        reject(error);
      });
      return promise;
    },

    /** Called every 50 ms or so with the monotonic clock. */
    sweep(now: number) {
      for (const run of runs) {
        const { task, timeout } = run;
        const took = now - run.began;
        if (run.cancelledAt !== undefined && now - run.cancelledAt >= graceMs) {
          run.settle({ ok: false, code: 'job-cancelled', detail: 'The function went on, and was given up.' });
        } else if (took >= timeout) {
          const detail = `The function took longer than its ${timeout} ms.`;
          run.settle({ ok: false, code: 'job-timed-out', detail });
          end(run, new PutlogError('job-timed-out', detail));
        } else if (took >= announceAfter && !run.announced && task.startedAt !== null) {
          run.announced = true;
          announce(task, task.startedAt, () => runs.has(run));
        }
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
