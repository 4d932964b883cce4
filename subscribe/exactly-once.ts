// A partition whose place is stored in the transaction in which the handler writes: both are there, or neither. So an event has been
// applied when its place is passed, once, whoever dies and whenever. What MongoDB does not answer is looked up before it is repeated.
import type { ClientSession, MongoClient, TransactionOptions } from 'mongodb';
import type { FetchedPart } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { positionText } from '../schemas/position.ts';
import { asError, backoff, type Retry } from './backoff.ts';
import type { DeadEvent } from './dead-event.ts';
import type { Gate } from './gate.ts';
import { waited } from './interruptible.ts';
import { LostPlaceError, type OpenPlace, type Place } from './place.ts';
import type { StoredPlaces } from './stored-places.ts';
import type { SubscribedEvent } from './subscribed-event.ts';
import type { TakeRecord } from './take-records.ts';
import { deadEvent, type Taken } from './taken.ts';
import { isEnded, isPassing } from './transaction-errors.ts';

export type ExactlyOnceSettings = {
  client: Pick<MongoClient, 'startSession'>;
  places: StoredPlaces;
  /** What the place of a partition is called. */
  idOf: (partition: number) => string;
  firstOffset: (partition: number) => Promise<number>;
  take: TakeRecord;
  gate: Gate;
  handler: (event: SubscribedEvent, session: ClientSession) => unknown;
  onDead: (dead: DeadEvent, error: Error, session: ClientSession) => unknown;
  retry: Retry;
  /** Events that share a transaction at most. */
  batch: number;
  log: Logger;
};

/** A transaction that MongoDB had ended before its handler was through, so often in a row, counts as the handler's failure. */
const mostEnded = 10;
/** How often it is told that transactions come to nothing. */
const tellEvery = 20;
/** Where nothing was asked for, the place moves on so often all the same (milliseconds): or a restart would read it again. */
const moveEveryMs = 5_000;

const transaction: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority' },
  readPreference: 'primary',
};

export function createExactlyOnce(options: ExactlyOnceSettings): OpenPlace {
  const { client, places, idOf, firstOffset, take, gate, handler, onDead, retry, batch, log } = options;

  async function open(partition: number, signal: AbortSignal): Promise<Place> {
    const id = idOf(partition);
    // For as long as the partition is ours: the next owner knows by it what to end.
    const session = client.startSession();
    const persisting = { log, givenUp: () => signal.aborted };
    const first = () => firstOffset(partition);
    const mine = await persist(() => places.takeOver(id, session, first), { ...persisting, what: `take ${id} over` });
    const { epoch } = mine;
    let stored = mine.next;
    let passed = mine.next;
    let movedAt = performance.now();
    let failed: { taken: Taken; count: number; error: Error } | undefined;
    /** In a row: transactions that came to nothing, and those of them that had been ended. */
    let passing = 0;
    let ended = 0;

    /** What can never be handled, or has had all its attempts. */
    const deathOf = (taken: Taken): Error | undefined => {
      if (taken.event === undefined) return taken.fault;
      return failed?.taken === taken && failed.count >= retry.attempts ? failed.error : undefined;
    };

    async function applyOne(taken: Taken): Promise<void> {
      const death = deathOf(taken);
      if (death === undefined) return void (taken.event !== undefined && (await handler(taken.event, session)));
      const dead = deadEvent(taken, taken.event === undefined ? 0 : retry.attempts);
      await onDead(dead, death, session);
      log.error({ err: death, position: dead.position, attempts: dead.attempts }, 'an event is dead');
    }

    /** @returns what threw, and where. Undefined: all of it is in, or none, as `stored` says. @throws LostPlaceError */
    async function transact(slice: readonly Taken[], to: number): Promise<{ taken: Taken; error: Error } | undefined> {
      let at: Taken | undefined;
      try {
        session.startTransaction(transaction);
        if (!(await places.move(id, epoch, stored, to, session))) throw new Error(`${id} is not at ${stored}`);
        for (const taken of slice) {
          at = taken;
          await applyOne(taken);
        }
        at = undefined;
        await session.commitTransaction();
        stored = to;
        [passing, ended] = [0, 0];
        return undefined;
      } catch (error) {
        // Of what is committed already it says so, and of what cannot be reached nothing.
        if (session.inTransaction()) await session.abortTransaction();
        if (at !== undefined && !isPassing(error)) return { taken: at, error: asError(error) };
        log.debug({ err: error, id }, 'a transaction came to nothing, or nobody knows');
        await lookUp(to);
        const [blamed] = slice;
        if (stored === to || blamed === undefined) return undefined;
        if (++passing % tellEvery === 0)
          log.warn({ reason: asError(error).message, id, passing }, 'transactions come to nothing');
        if (!isEnded(error) || ++ended < mostEnded) return undefined;
        return { taken: at ?? blamed, error: asError(error) };
      }
    }

    /** Where it is now, as a majority has it. */
    async function lookUp(to: number): Promise<void> {
      const there = await persist(() => places.find(id), { ...persisting, what: `look up how far ${id} is` });
      if (there?.epoch !== epoch || (there.next !== stored && there.next !== to))
        throw new LostPlaceError(`${id} is somebody else's, or somewhere else`);
      if (there.next === stored) return;
      stored = to;
      [passing, ended] = [0, 0];
    }

    /** As many as may go together: what has failed goes alone, and what is before it without it. */
    function sliceOf(waiting: readonly Taken[]): readonly Taken[] {
      if (passing > 0) return waiting.slice(0, 1);
      const slice = waiting.slice(0, batch);
      const at = failed === undefined ? -1 : slice.indexOf(failed.taken);
      return at < 0 ? slice : slice.slice(0, Math.max(at, 1));
    }

    /** False: the signal came. */
    async function failedAt({ taken, error }: { taken: Taken; error: Error }): Promise<boolean> {
      const count = failed?.taken === taken ? failed.count + 1 : 1;
      [passing, ended] = [0, 0];
      failed = { taken, count, error: deathOf(taken) ?? error };
      log.warn({ err: error, position: positionText(taken.position), attempt: count }, 'an event could not be handled');
      return count === retry.attempts || waited(backoff(count, retry), signal);
    }

    async function takeAll({ records }: FetchedPart): Promise<Taken[]> {
      const all: Taken[] = [];
      for (const record of records) {
        const taken = await take(partition, record, signal);
        if (taken !== undefined) all.push(taken);
      }
      return all;
    }

    async function apply(part: FetchedPart): Promise<void> {
      for (let waiting = await takeAll(part); waiting.length > 0; ) {
        if (!(await gate.enter(signal))) return;
        const slice = sliceOf(waiting);
        const to = waiting[slice.length]?.record.offset ?? part.next;
        const failure = await transact(slice, to).finally(gate.leave);
        if (failure !== undefined && !(await failedAt(failure))) return;
        if (passing > 0 && !(await waited(backoff(passing, { ...retry, backoffMs: 10, maxBackoffMs: 500 }), signal)))
          return;
        if (stored === to) waiting = waiting.slice(slice.length);
        movedAt = stored === to ? performance.now() : movedAt;
        passed = stored;
      }
      passed = part.next;
      if (performance.now() - movedAt > moveEveryMs) await moveOn();
    }

    async function moveOn(): Promise<void> {
      const to = passed;
      if (to === stored) return;
      movedAt = performance.now();
      try {
        if (await places.move(id, epoch, stored, to)) stored = to;
      } catch (error) {
        log.debug({ err: error, id }, 'a place could not be moved, or nobody knows');
      }
      if (stored !== to) await lookUp(to);
    }

    return { next: stored, done: () => passed, apply, close: () => session.endSession() };
  }
  return open;
}
