// Which commands a replay is about, from `from` to `to`, and where the ends of their jobs stand: in the events of the same partition, up to the
// end of the log.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { endsOf } from '../projections/feed-limits.ts';
import type { HistoryLog } from '../projections/history-log.ts';
import type { Stretch } from '../projections/read-in-step.ts';
import { beforeUntil, sinceFrom, skewMs, type Until } from '../projections/until.ts';

/** Undefined: the log from its beginning, or to its end. */
export type SpanOptions = { from: Until | undefined; to: Until | undefined };

/** What is to be read of one partition number: commands before events. */
export type Part = { partition: number; commands: Stretch[]; events: Stretch };

/** `of`: records to be read of commands. `gone`: retention may have taken some of the first. */
export type Span = {
  parts: Part[];
  of: number;
  gone: boolean;
  accepts: (topic: string, partition: number, record: FetchedRecord) => boolean;
};

/** @throws Error where the log has no such position, or `from` is behind `to` */
export async function spanOf({ from, to }: SpanOptions, history: HistoryLog, log: Logger): Promise<Span> {
  const { cluster, topics, eventsTopic } = history;
  const ask = <T>(what: () => Promise<T>) => persist(what, { log, what: 'ask where that is in the log' });
  const since = from && (await sinceFrom(from, history, log));
  const before = to && (await beforeUntil(to, history, log));
  if (since !== undefined && before !== undefined && since.at > before.at)
    throw new Error(
      `it would begin at ${new Date(since.at).toISOString()} and end before that, at ${new Date(before.at).toISOString()}`,
    );
  const earliest = await ask(() => cluster.offsets(topics, 'earliest'));
  const latest = before?.limits ?? (await ask(() => endsOf(history)));
  // Only now: what has ended by the end of the span, and since.
  const ends = await ask(() => endsOf(history));

  const first = (topic: string, partition: number) => earliest.get(topic)?.[partition] ?? 0;
  const stretch = (topic: string, partition: number): Stretch => {
    const start = Math.max(since?.starts.get(topic)?.[partition] ?? 0, first(topic, partition));
    return { topic, partition, from: start, to: latest.get(topic)?.[partition] ?? start };
  };
  const all = topics
    .filter((topic) => topic !== eventsTopic)
    .flatMap((topic) => (latest.get(topic) ?? []).map((_, partition) => stretch(topic, partition)));
  const commands = all.filter((one) => one.from < one.to);

  /** An event may bear the time of another clock than its command does. */
  async function eventsOf(partition: number): Promise<Stretch> {
    const end = ends.get(eventsTopic)?.[partition] ?? 0;
    const at = since === undefined ? 0 : Math.max(0, since.at - skewMs);
    const found = at === 0 ? 0 : await ask(() => cluster.offsetAt(eventsTopic, partition, at));
    return { topic: eventsTopic, partition, from: Math.max(found ?? end, first(eventsTopic, partition)), to: end };
  }

  const parts = [...Map.groupBy(commands, ({ partition }) => partition)].map(async ([partition, some]) => ({
    ...{ partition, commands: some, events: await eventsOf(partition) },
  }));
  return {
    parts: (await Promise.all(parts)).toSorted((a, b) => a.partition - b.partition),
    of: commands.reduce((sum, one) => sum + one.to - one.from, 0),
    gone: all.some((one) => first(one.topic, one.partition) > 0 && one.from === first(one.topic, one.partition)),
    accepts: (topic, partition, record) =>
      (since === undefined || since.accepts(topic, partition, record)) &&
      (before === undefined || before.accepts(topic, partition, record)),
  };
}
