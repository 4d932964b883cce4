// Tells events as they come to whoever in this process listens for them: to a client that waits for one job, or follows one, or many.
// It reads the log only while somebody listens, and a while longer; what nobody listens for is not decoded.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { EventKind, JobEvent } from '../schemas/event.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import type { EventTail, OpenEventTail } from './event-tail.ts';
import { kindOf, type ToldEvent, toldEvent } from './told-event.ts';

/** Must not throw: it is called among others. */
export type Listener = (told: ToldEvent) => void;

/** Undefined: all of them. */
export type EventFilter = { types: ReadonlySet<string> | undefined; kinds: ReadonlySet<EventKind> | undefined };

/** `ready`: all that comes into the log from then on is told. It rejects only where the hub is closed before. */
export type Listening = { ready: Promise<void>; end: () => void };

export type EventHub = ReturnType<typeof createEventHub>;

export type EventHubOptions = {
  openTail: OpenEventTail;
  topic: string;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  log: Logger;
  /** Told of each job that somebody is about to be told of. */
  hear: (job: JobDocument) => void;
  /** How long to read on when nobody listens any more (milliseconds). */
  lingerMs?: number;
};

export function createEventHub({ openTail, topic, readEvent, log, hear, lingerMs = 60_000 }: EventHubOptions) {
  const ofJob = new Map<string, Set<Listener>>();
  const ofMany = new Map<Listener, EventFilter>();
  let listening = 0;
  let tail: EventTail | undefined;
  let lingering: NodeJS.Timeout | undefined;
  let closed = false;

  function* listenersOf(name: string, type: string, kind: EventKind): Generator<Listener> {
    yield* ofJob.get(name) ?? [];
    for (const [listener, { types, kinds }] of ofMany)
      if ((types?.has(type) ?? true) && (kinds?.has(kind) ?? true)) yield listener;
  }

  async function decoded({ value, offset }: FetchedRecord, partition: number): Promise<JobEvent | undefined> {
    const final = (error: unknown) => error instanceof UndecodableError;
    try {
      return await persist(() => readEvent(value), { log, what: 'look a schema up', final, givenUp: () => closed });
    } catch (error) {
      if (!closed) log.debug({ err: error, partition, offset }, 'a record among the events cannot be told');
      return undefined;
    }
  }

  async function take(partition: number, records: readonly FetchedRecord[]): Promise<void> {
    for (const record of records) {
      const kind = kindOf(record);
      if (kind === undefined || record.key === null) continue;
      const name = record.key.toString();
      const listeners = [...listenersOf(name, name.slice(0, name.indexOf('/')), kind)];
      if (listeners.length === 0) continue;
      const event = await decoded(record, partition);
      if (event === undefined) continue;
      const told = toldEvent(event, record, topic, partition);
      // Its key is not its job's: nobody who listens asked for it.
      if (told.name !== name) continue;
      const job = jobOfEvent(event, record.offset);
      if (job !== undefined) hear(job);
      for (const listener of listeners) listener(told);
    }
  }

  const stopReading = async () => {
    const ended = tail;
    tail = undefined;
    await ended?.close();
  };

  function listen(add: () => void, remove: () => void): Listening {
    listening++;
    clearTimeout(lingering);
    add();
    tail ??= openTail(take);
    const { ready } = tail;
    // Whoever does not wait for it must not end the process.
    ready.catch((error: unknown) => log.debug({ err: error }, 'closed before the events could be followed'));
    let over = false;
    return {
      ready,
      end() {
        if (over) return;
        over = true;
        remove();
        if (--listening > 0 || closed) return;
        lingering = setTimeout(() => {
          stopReading().catch((error: unknown) => log.warn({ err: error }, 'the events could not be left in order'));
        }, lingerMs).unref();
      },
    };
  }

  return {
    /** @param name `<type>/<id>` */
    listen: (name: string, listener: Listener): Listening =>
      listen(
        () => void ofJob.set(name, (ofJob.get(name) ?? new Set()).add(listener)),
        () => {
          const left = ofJob.get(name);
          left?.delete(listener);
          if (left?.size === 0) ofJob.delete(name);
        },
      ),
    listenToAll: (filter: EventFilter, listener: Listener): Listening =>
      listen(
        () => void ofMany.set(listener, filter),
        () => void ofMany.delete(listener),
      ),
    /** How many listen. */
    get listeners() {
      return listening;
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(lingering);
      await stopReading();
    },
  };
}
