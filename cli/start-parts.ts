import { join } from 'node:path';
import type { Ended } from '../embedded/guarded-child.ts';
import type { PartName } from '../embedded/part.ts';
import { endedAs } from '../embedded/part-process.ts';
import type { Stack } from '../embedded/start-stack.ts';
import { type Backoff, createBackoff } from './start-backoff.ts';
import { lastWords, type Say } from './start-log.ts';

/** Brings a Kafka, registry or mongod back that died, loudly and with backoff. Called by start.ts. */
export type PartKeeper = {
  /** For `startStack`. */
  readonly onExit: (part: PartName, ended: Ended) => void;
  readonly keep: (stack: Stack) => void;
  /** No restart is under way or will be when this resolves. */
  readonly stop: () => Promise<void>;
};

export function keepParts(say: Say): PartKeeper {
  const stopped = new AbortController();
  const kept = Promise.withResolvers<Stack>();
  const backoffs = new Map<PartName, { readonly backoff: Backoff; began: number }>();
  const underWay = new Set<Promise<void>>();

  const restart = async (part: PartName, ended: Ended) => {
    const stack = await kept.promise;
    const known = backoffs.get(part) ?? { backoff: createBackoff(), began: 0 };
    backoffs.set(part, known);
    let reason = `died (${endedAs(ended)}), last words: ${await lastWords(join(stack.dataDir, 'logs', `${part}.log`))}`;
    while (!stopped.signal.aborted) {
      const delay = known.backoff.next(performance.now() - known.began);
      say(`${part} ${reason}. Restarting in ${delay} ms`);
      await pause(delay, stopped.signal);
      if (stopped.signal.aborted) return;
      known.began = performance.now();
      try {
        await stack.startPart(part, stopped.signal);
        return say(`${part} is back`);
      } catch (error) {
        reason = `does not start: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
  };

  return {
    onExit: (part, ended) => {
      if (stopped.signal.aborted) return;
      const restarting = restart(part, ended).finally(() => underWay.delete(restarting));
      underWay.add(restarting);
    },
    keep: kept.resolve,
    stop: async () => {
      stopped.abort();
      await Promise.all(underWay);
    },
  };
}

/** Ends early, without an error, when aborted. */
const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
