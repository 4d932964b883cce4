// Waits for the end of a job, for clients that prefer an answer with its result (`Prefer: wait`). What the log says is told by the event
// hub at once, with the read model away too; the read model is asked now and then for an end that came before the listening.
import { jobOfEvent } from '../schemas/job-of-event.ts';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { positionText } from '../schemas/position.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { EventHub } from './event-hub.ts';
import { isLater } from './heard-jobs.ts';
import { inTurns } from './in-turns.ts';
import type { LookUp } from './look-up.ts';

/** Begun before what it waits for can happen, so that nothing is missed. `end` it whatever happens. */
export type Wait = {
  /** Resolves once the end cannot be missed any more, and after a second in any case. */
  ready: Promise<void>;
  /**
   * Resolves to the job once it is over, and to the latest that is known of it where the time has run out, `gone` is aborted or the
   * process stops. `fresh`: it was not there when the wait was ready.
   * @throws PutlogError id-conflict: its command lost to another one of the same id
   */
  over: (job: JobDocument, options: { fresh: boolean; deadline: number; gone: AbortSignal }) => Promise<JobDocument>;
  end: () => void;
};

export type Waiting = ReturnType<typeof createWaiting>;

export type WaitingOptions = {
  hub: Pick<EventHub, 'listen'>;
  lookUp: Pick<LookUp, 'findIfThere'>;
  /** The longest that anybody waits (milliseconds). */
  maxWaitMs: number;
  /** When the read model is asked for what was missed (milliseconds after one another); the last one again and again. */
  lookAfterMs?: readonly number[];
};

const readyWithinMs = 1_000;

export function createWaiting({ hub, lookUp, maxWaitMs, lookAfterMs = [0, 250, 1_000, 4_000] }: WaitingOptions) {
  const stopped = new AbortController();
  const giveUps = new Set<() => void>();

  function begin(name: string): Wait {
    let heard: JobDocument[] = [];
    const rejected = new Set<string>();
    let notice = (): void => undefined;
    let inTime = false;
    const listening = hub.listen(name, ({ event, position }) => {
      if (event.kind === 'rejected') rejected.add(positionText(event.command));
      const job = jobOfEvent(event, position.offset);
      if (job !== undefined) heard = [...heard.slice(-1), job];
      notice();
    });
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), readyWithinMs);
    listening.ready.then(
      () => late.resolve(true),
      () => late.resolve(false),
    );

    async function over(job: JobDocument, { fresh, deadline, gone }: Parameters<Wait['over']>[1]) {
      const { promise, resolve, reject } = Promise.withResolvers<JobDocument>();
      let latest = job;
      const giveUp = () => resolve(latest);
      const learn = (found: JobDocument | undefined) => {
        // Another payload under the same id is another call.
        if (found === undefined || found.digest !== job.digest || !isLater(found, latest)) return;
        latest = found;
        if (isTerminal(found.state)) resolve(found);
      };
      notice = () => {
        const command = positionText(job.command);
        if (rejected.has(command)) {
          const detail = `${name} was submitted with another payload at the same time, and that came first. Use another id.`;
          return reject(new PutlogError('id-conflict', detail));
        }
        for (const found of heard) learn(found);
      };
      let looking: NodeJS.Timeout | undefined;
      const lookAgain = (turn: number) => {
        const after = lookAfterMs[Math.min(turn, lookAfterMs.length - 1)];
        looking = setTimeout(async () => {
          learn(await lookUp.findIfThere(name));
          if (giveUps.has(giveUp)) lookAgain(turn + 1);
        }, after);
      };
      const timeout = setTimeout(giveUp, Math.max(0, deadline - performance.now()));
      gone.addEventListener('abort', giveUp, { once: true });
      giveUps.add(giveUp);
      if (stopped.signal.aborted || gone.aborted) giveUp();
      notice();
      // All of it is heard; what a broker has lost meanwhile is not.
      lookAgain(fresh && inTime ? lookAfterMs.length - 1 : 0);
      try {
        return await promise;
      } finally {
        notice = () => undefined;
        giveUps.delete(giveUp);
        gone.removeEventListener('abort', giveUp);
        clearTimeout(timeout);
        clearTimeout(looking);
      }
    }

    return {
      ready: late.promise.then((heardAll) => {
        clearTimeout(timer);
        inTime = heardAll;
      }),
      over,
      end: listening.end,
    };
  }

  return {
    maxWaitMs,
    begin,
    /** How many wait. */
    get count() {
      return giveUps.size;
    },
    /** All who wait get what is known by now, and nobody waits any more. */
    async close() {
      stopped.abort();
      await inTurns(giveUps, (giveUp) => giveUp());
    },
  };
}
