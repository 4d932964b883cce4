// What `--until`, `--from` and `--to` name: a time, or a position in the log; and which records are before it, or from it on. Pure but for
// what it asks of the log.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import type { Position } from '../schemas/position.ts';
import { endsOf } from './feed-limits.ts';
import type { Limits } from './feeder.ts';
import type { HistoryLog } from './history-log.ts';

/** Time in milliseconds since the epoch. */
export type Until = { at: number } | { position: Position };

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const position = /^([\w.-]{1,249})\/(\d{1,6})@(\d{1,15})$/;

/** @throws Error that says what it must be */
export function parseUntil(text: string, now: number): Until {
  const [, topic, partition, offset] = position.exec(text) ?? [];
  if (topic !== undefined) return { position: { topic, partition: Number(partition), offset: Number(offset) } };
  const at = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new Error(
      `"${text}" is neither a time, such as 2026-11-22T08:30:00Z, nor a position: topic/partition@offset`,
    );
  if (at > now) throw new Error(`${text} is in the future: the log does not know yet`);
  return { at };
}

type Accepts = (topic: string, partition: number, record: FetchedRecord) => boolean;

export type Before = {
  /** Milliseconds since the epoch. */
  at: number;
  limits: Limits;
  accepts: Accepts;
};

/** `starts`: by partition, the first offset that is to be read. */
export type Since = { at: number; starts: Limits; accepts: Accepts };

/** How far the clocks of those who wrote may be apart (milliseconds). */
export const skewMs = 600_000;

/**
 * Of a time: every record up to it, by the record's own time. Of a position: its partition up to it and with it, and of all others what
 * was written up to the time of its record. @throws Error where the log has no such position
 */
export async function beforeUntil(until: Until, history: HistoryLog, log: Logger): Promise<Before> {
  const { at, isHere, offsets } = await find(until, history, log, { later: skewMs, offsetHere: 1 });
  return {
    at,
    limits: offsets,
    accepts: (topic, partition, { timestamp }) => isHere(topic, partition) || timestamp <= at,
  };
}

/**
 * Of a time: every record from it on, by the record's own time. Of a position: its partition from it on and with it, and of all others what
 * was written from the time of its record on. @throws Error where the log has no such position
 */
export async function sinceFrom(from: Until, history: HistoryLog, log: Logger): Promise<Since> {
  const { at, isHere, offsets } = await find(from, history, log, { later: -skewMs, offsetHere: 0 });
  return {
    at,
    starts: offsets,
    accepts: (topic, partition, { timestamp }) => isHere(topic, partition) || timestamp >= at,
  };
}

/**
 * `offsets`: by partition, the first one of a record of `later` milliseconds after that, or the end; where it is a position, `offsetHere`
 * behind it in its own partition, for which `isHere` is true.
 */
async function find(
  where: Until,
  history: HistoryLog,
  log: Logger,
  { later, offsetHere }: { later: number; offsetHere: number },
): Promise<{ at: number; isHere: (topic: string, partition: number) => boolean; offsets: Limits }> {
  const { cluster, topics } = history;
  const what = 'ask where that is in the log';
  const here = 'position' in where ? where.position : undefined;
  const isHere = (topic: string, partition: number) => here?.topic === topic && here.partition === partition;
  const at = 'position' in where ? await timeOf(where.position, history, log) : where.at;
  const ends = await persist(() => endsOf(history), { log, what });
  const offsets = new Map<string, number[]>();
  for (const topic of topics) {
    const partitions = (ends.get(topic) ?? []).map(async (end, partition) => {
      if (here !== undefined && isHere(topic, partition)) return here.offset + offsetHere;
      const found = await persist(() => cluster.offsetAt(topic, partition, Math.max(0, at + later)), { log, what });
      return Math.min(end, found ?? end);
    });
    offsets.set(topic, await Promise.all(partitions));
  }
  return { at, isHere, offsets };
}

async function timeOf({ topic, partition, offset }: Position, history: HistoryLog, log: Logger): Promise<number> {
  const { cluster, topics } = history;
  if (!topics.includes(topic)) throw new Error(`there is no topic ${topic}; there are ${topics.join(', ')}`);
  const what = 'read the record at that position';
  const [ends, starts] = await persist(
    () => Promise.all([cluster.offsets([topic], 'latest'), cluster.offsets([topic], 'earliest')]),
    { log, what },
  );
  const [end, start] = [ends.get(topic)?.[partition], starts.get(topic)?.[partition]];
  if (end === undefined || start === undefined)
    throw new Error(`${topic} has no partition ${partition}; it has ${ends.get(topic)?.length ?? 0}, from 0 on`);
  if (offset >= end) throw new Error(`${topic}/${partition} ends before ${offset}: its next record will be ${end}`);
  if (offset < start) throw new Error(`${topic}/${partition} no longer has ${offset}: it begins with ${start}`);
  const { records } = await persist(() => cluster.fetch(topic, partition, offset, 1, 1_000), { log, what });
  const [record] = records;
  // Behind what is no record of anybody, such as the end of a transaction, the next one tells the time.
  if (record === undefined) throw new Error(`there is no record at ${topic}/${partition}@${offset}`);
  return record.timestamp;
}
