// Reads the commands of a type and their ends, a partition number at a time, in step: memory holds a stretch of each topic, what waits for its
// other half, and a name of each call of the partition. The rest of the events is not read once no command waits.
import { headerOf } from '../platform/batch-record.ts';
import { isGone } from '../platform/cluster.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { HistoryLog } from '../projections/history-log.ts';
import { readInStep } from '../projections/read-in-step.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { fenceEventType } from '../schemas/fence.ts';
import { createPairing, type Held, type Pair, type PastCall, type PastEnd } from './pair-ends.ts';
import type { Part, Span } from './span.ts';

export type ReaderOptions = {
  history: HistoryLog;
  type: string;
  log: Logger;
  signal: AbortSignal;
  accepts: Span['accepts'];
  /** True: nothing more is wanted. */
  enough: () => boolean;
  /** Waited for: it is how reading is held back. */
  paired: (call: PastCall, end: PastEnd) => Promise<void>;
};

const callOf = (command: Command, { headers }: FetchedRecord): PastCall => {
  const header = headers.traceparent;
  return { command, traceparent: header === undefined ? undefined : String(header) };
};

export function createReader({ history, type, log, signal, accepts, enough, paired }: ReaderOptions) {
  const { cluster, eventsTopic, readCommand, readEvent } = history;
  const counts = { read: 0, unended: 0, repeated: 0, unreadable: 0 };
  const givenUp = () => signal.aborted;
  const isOver = () => signal.aborted || enough();

  /** Undefined: nobody can read it. While the registry is away this waits. */
  async function decoded<T>(read: () => T | Promise<T>): Promise<T | undefined> {
    const final = (error: unknown) => error instanceof UndecodableError;
    try {
      return await persist(read, { log, what: 'look a schema up', final, givenUp });
    } catch (error) {
      if (!final(error)) throw error;
      counts.unreadable++;
      return undefined;
    }
  }

  /** What was let go meanwhile is read again; undefined: retention has taken it. */
  async function whole<T>(
    { topic, offset, value }: Held<T>,
    partition: number,
    read: (record: FetchedRecord) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (value !== undefined) return value;
    const fetch = () => cluster.fetch(topic, partition, offset, 1, 1_000);
    try {
      const { records } = await persist(fetch, { log, what: 'read the log', final: isGone, givenUp });
      const record = records.find((one) => one.offset === offset);
      return record && (await read(record));
    } catch (error) {
      if (!isGone(error)) throw error;
      return undefined;
    }
  }

  const readCall = async (record: FetchedRecord): Promise<PastCall | undefined> => {
    const command = await decoded(() => readCommand(record.value));
    return command && callOf(command, record);
  };
  const readEnd = (record: FetchedRecord): Promise<JobEvent | undefined> => decoded(() => readEvent(record.value));

  /** Owners alone write events, so each says in its header what it is about. */
  const isOfType = (record: FetchedRecord) =>
    headerOf(record, 'ce_type') !== fenceEventType && headerOf(record, 'ce_subject')?.startsWith(`${type}/`) === true;

  async function readPart({ partition, commands, events }: Part): Promise<void> {
    const pairing = createPairing();
    const stretches = [...commands, events];
    const next = new Map(stretches.map(({ topic, from }) => [topic, from]));
    const ends = new Map(commands.map(({ topic, to }) => [topic, to]));
    const isAhead = ({ topic, offset }: JobEvent['command']) => {
      const at = next.get(topic) ?? Number.POSITIVE_INFINITY;
      return offset >= at && at < (ends.get(topic) ?? 0);
    };
    const nothingWaits = () => pairing.waiting === 0 && commands.every(({ topic, to }) => (next.get(topic) ?? 0) >= to);

    async function hand({ call, end }: Pair): Promise<void> {
      const [both, ended] = [await whole(call, partition, readCall), await whole(end, partition, readEnd)];
      if (both === undefined || ended === undefined) counts.unended++;
      else await paired(both, ended);
    }

    async function pairOf(topic: string, record: FetchedRecord): Promise<Pair | undefined> {
      if (topic === eventsTopic) {
        const event = isOfType(record) ? await readEnd(record) : undefined;
        return event && pairing.takeEvent(topic, record.offset, event, isAhead);
      }
      counts.read++;
      if (!accepts(topic, partition, record)) return undefined;
      const call = await readCall(record);
      if (call === undefined || call.command.type !== type || call.command.kind !== 'submit') return undefined;
      return pairing.takeCommand(topic, record.offset, call);
    }

    async function take(topic: string, record: FetchedRecord): Promise<void> {
      next.set(topic, record.offset + 1);
      if (record.unreadable !== undefined) {
        counts.unreadable++;
        return;
      }
      const pair = isOver() ? undefined : await pairOf(topic, record);
      if (pair !== undefined) await hand(pair);
    }

    let broken: unknown;
    const attempt = () =>
      readInStep(
        stretches.map((stretch) => ({ ...stretch, from: next.get(stretch.topic) ?? stretch.from })),
        {
          cluster,
          take: (topic, record) =>
            take(topic, record).catch((error: unknown) => {
              broken = error;
              throw error;
            }),
          reached: (topic, offset) => void next.set(topic, Math.max(offset, next.get(topic) ?? 0)),
          room: async () => undefined,
          enough: () => isOver() || nothingWaits(),
        },
      );
    // Where Kafka went away meanwhile it is begun again where it was; of a fault of ours no repetition is the cure.
    await persist(attempt, { log, what: 'read the log', final: (error) => error === broken, givenUp });
    if (!isOver()) counts.unended += pairing.waiting;
    counts.repeated += pairing.repeated;
  }

  return {
    counts: () => ({ ...counts }),
    /** One at a time. Once the signal is aborted it ends, without an error. @throws what cannot be mended */
    async read(part: Part): Promise<void> {
      try {
        if (!isOver()) await readPart(part);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
