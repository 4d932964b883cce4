// Back-pressure of one job type: where its oldest job that has not begun has waited for longer than its maxLag, it takes no more until
// workers have caught up. Looked at about each second, beside the path of requests, and only for types with a maxLag. submit.ts asks.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import type { Position } from '../schemas/position.ts';
import { PutlogError } from '../schemas/problem.ts';
import { lookOften } from './look-often.ts';
import type { OldestWaiting } from './oldest-waiting.ts';

export type TypeLagOptions = {
  jobs: ReadonlyMap<string, LoadedJob>;
  oldestWaiting: OldestWaiting;
  /** Has this command no outcome yet, by the log? */
  isLeft: (command: Position) => Promise<boolean>;
  log: Logger;
  everyMs?: number;
};

/** @throws PutlogError type-behind */
export type AssertOnTime = (type: string) => void;

type Lag = { type: string; ms: number; most: number };

const retryAfter = 5;
const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;

/** Undefined: no type has a maxLag. */
export function watchTypeLag({ jobs, oldestWaiting, isLeft, log, everyMs = 1_000 }: TypeLagOptions) {
  const bounds = [...jobs.values()].flatMap(({ definition: { type, maxLag } }) =>
    maxLag === null ? [] : { type, most: maxLag },
  );
  if (bounds.length === 0) return undefined;
  let behind = new Map<string, Lag>();

  async function lagOf({ type, most }: { type: string; most: number }): Promise<Lag[]> {
    const now = Date.now();
    const oldest = await oldestWaiting(type, now - most);
    // Where the projector is away, jobs that are long over still seem to wait.
    if (oldest === undefined || !(await isLeft(oldest.command))) return [];
    return [{ type, most, ms: now - oldest.createdAt }];
  }

  async function lookAtAll(): Promise<void> {
    try {
      const lags = await Promise.all(bounds.map(lagOf));
      behind = new Map(lags.flat().map((lag) => [lag.type, lag]));
    } catch (error) {
      // What was known is old by now, and nobody is refused for it: to accept, the read model is not needed.
      behind = new Map();
      log.debug({ err: error }, 'it cannot be asked how far job types are behind; none counts as such');
    }
  }

  const assertOnTime: AssertOnTime = (type) => {
    const lag = behind.get(type);
    if (lag === undefined) return;
    const detail = `a job of the type "${type}" has waited for ${seconds(lag.ms)}, and ${seconds(lag.most)} is the most; send it again after Retry-After`;
    throw new PutlogError('type-behind', detail, { retryAfter });
  };

  return { assertOnTime, ...lookOften(lookAtAll, everyMs) };
}
