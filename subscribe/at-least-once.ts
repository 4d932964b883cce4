// A partition whose place is the group's committed offset: each event is handed to the handler until it returns, or is dead; then the
// next. Only what is done is ever committed, so whoever takes the partition over repeats, and leaves nothing out.
import type { FetchedPart } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { positionText } from '../schemas/position.ts';
import { asError, backoff, type Retry } from './backoff.ts';
import type { DeadEvent } from './dead-event.ts';
import type { Gate } from './gate.ts';
import { waited } from './interruptible.ts';
import type { OpenPlace } from './place.ts';
import type { SubscribedEvent } from './subscribed-event.ts';
import type { TakeRecord } from './take-records.ts';
import { deadEvent, type Taken } from './taken.ts';

export type AtLeastOnceOptions = {
  /** What the group has committed; undefined: nothing. */
  committed: (partition: number) => Promise<number | undefined>;
  commit: (partition: number, next: number) => Promise<void>;
  firstOffset: (partition: number) => Promise<number>;
  take: TakeRecord;
  gate: Gate;
  handler: (event: SubscribedEvent) => unknown;
  onDead: (dead: DeadEvent, error: Error) => unknown;
  retry: Retry;
  log: Logger;
};

export function createAtLeastOnce(options: AtLeastOnceOptions): OpenPlace {
  const { committed, commit, firstOffset, take, gate, handler, onDead, retry, log } = options;

  /** From the first time on the group's own word counts: `latest` is not later after a crash. */
  async function begin(partition: number): Promise<number> {
    const there = await committed(partition);
    if (there !== undefined) return there;
    const first = await firstOffset(partition);
    await commit(partition, first);
    return first;
  }

  /** One call, in a slot. Undefined: it came too late to be made. */
  async function call(attempt: () => unknown, signal: AbortSignal): Promise<{ error?: Error } | undefined> {
    if (!(await gate.enter(signal))) return undefined;
    try {
      await attempt();
      return {};
    } catch (error) {
      return { error: asError(error) };
    } finally {
      gate.leave();
    }
  }

  /** True: done with, one way or the other. False: the signal came first. */
  async function handle(taken: Taken, signal: AbortSignal): Promise<boolean> {
    const position = positionText(taken.position);
    if (taken.event === undefined) return bury(taken, taken.fault, 0, signal);
    const { event } = taken;
    for (let attempt = 1; ; attempt++) {
      const called = await call(() => handler(event), signal);
      if (called === undefined) return false;
      const { error } = called;
      if (error === undefined) return true;
      log.warn({ err: error, position, attempt }, 'an event could not be handled');
      if (attempt >= retry.attempts) return bury(taken, error, attempt, signal);
      if (!(await waited(backoff(attempt, retry), signal))) return false;
    }
  }

  /** Until it is taken: what nobody has would be lost. */
  async function bury(taken: Taken, error: Error, attempts: number, signal: AbortSignal): Promise<boolean> {
    const dead = deadEvent(taken, attempts);
    for (let failures = 1; ; failures++) {
      const called = await call(() => onDead(dead, error), signal);
      if (called === undefined) return false;
      if (called.error === undefined) {
        log.error({ err: error, position: dead.position, attempts }, 'an event is dead');
        return true;
      }
      log.warn({ err: called.error, position: dead.position, failures }, 'a dead event is not taken: tried again');
      if (!(await waited(backoff(failures, retry), signal))) return false;
    }
  }

  return async (partition, signal) => {
    const persisting = { log, what: `learn how far the group has read partition ${partition}` };
    const next = await persist(() => begin(partition), { ...persisting, givenUp: () => signal.aborted });
    let done = next;

    async function apply({ records, next: behind }: FetchedPart): Promise<void> {
      for (const record of records) {
        const taken = await take(partition, record, signal);
        if (signal.aborted) return;
        if (taken !== undefined && !(await handle(taken, signal))) return;
        done = record.offset + 1;
      }
      done = behind;
    }
    return { next, done: () => done, apply, close: async () => undefined };
  };
}
