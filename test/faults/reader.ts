// The log as a plain reader sees it: every record of all topics from the first offset kept, read straight from the broker
// with no group, no isolation level and no deduplication. It can read on, so that a check may wait for what is to come.

import { createCluster, type KafkaCluster } from '../../platform/cluster.ts';
import type { FetchedRecord } from '../../platform/fetched-part.ts';
import type { Logger } from '../../platform/log.ts';
import { createRegistry } from '../../platform/registry.ts';
import { createDecoder, UndecodableError } from '../../platform/wire-format.ts';
import { type Command, commandType } from '../../schemas/command.ts';
import { eventType, type JobEvent } from '../../schemas/event.ts';
import { type Fence, fenceEventType, fenceType } from '../../schemas/fence.ts';
import type { Position } from '../../schemas/position.ts';
import { topicNames } from '../../schemas/topics.ts';
import { silent } from '../stack/log.ts';

/** `command` undefined: nobody can decode it. */
export type LoggedCommand = { position: Position; command: Command | undefined; value: Buffer | null };
export type LoggedEvent = { partition: number; offset: number; event: JobEvent };
export type LoggedFence = { partition: number; offset: number; fence: Fence };

/** Each list is in the order of the log within a partition. `next`: topic → partition → the offset after the last read. */
export type Log = {
  readonly commands: LoggedCommand[];
  readonly events: LoggedEvent[];
  readonly fences: LoggedFence[];
  readonly next: Map<string, number[]>;
};

export type LogReaderOptions = {
  /** Addresses that advertise themselves, not a proxy. */
  kafka: string;
  registryUrl: string;
  prefix: string;
  queues?: readonly string[];
  log?: Logger;
};

export type LogReader = ReturnType<typeof createLogReader>;

/** No schema is written here: every id is asked of the registry. */
const noOwnId = -1;

export function createLogReader({ kafka, registryUrl, prefix, queues = ['default'], log = silent }: LogReaderOptions) {
  const names = topicNames(prefix);
  const commandTopics = queues.flatMap(names.commandsOf);
  const topics = [...commandTopics, names.events];
  const { schemaById } = createRegistry({ url: registryUrl, log });
  const readCommand = createDecoder<Command>(commandType, noOwnId, schemaById);
  const readEvent = createDecoder<JobEvent>(eventType, noOwnId, schemaById);
  const readFence = createDecoder<Fence>(fenceType, noOwnId, schemaById);
  const seen: Log = { commands: [], events: [], fences: [], next: new Map() };
  let cluster: KafkaCluster | undefined;

  /** After a failure its picture of the leaders may be an old one: the next use begins with a new client. */
  async function using<Result>(work: (from: KafkaCluster) => Promise<Result>): Promise<Result> {
    const from = cluster ?? createCluster({ brokers: kafka, clientId: 'faults-reader', log });
    try {
      if (cluster === undefined) await from.watch(topics);
      cluster = from;
      return await work(from);
    } catch (error) {
      cluster = undefined;
      await from.close();
      throw error;
    }
  }

  async function take(topic: string, partition: number, { offset, value, headers }: FetchedRecord): Promise<void> {
    if (topic !== names.events) {
      const position = { topic, partition, offset };
      seen.commands.push({ position, command: await readable(value), value });
    } else if (String(headers.ce_type) === fenceEventType)
      seen.fences.push({ partition, offset, fence: await readFence(value) });
    else seen.events.push({ partition, offset, event: await readEvent(value) });
  }

  async function readable(value: Buffer | null): Promise<Command | undefined> {
    try {
      return await readCommand(value);
    } catch (error) {
      if (error instanceof UndecodableError) return undefined;
      throw error;
    }
  }

  async function readTo(from: KafkaCluster, topic: string, ends: readonly number[], firsts: readonly number[]) {
    const next = seen.next.get(topic) ?? [...firsts];
    seen.next.set(topic, next);
    for (const [partition, end] of ends.entries()) {
      let offset = next[partition] ?? 0;
      while (offset < end) {
        const { records } = await from.fetch(topic, partition, offset, 4 * 2 ** 20, 500);
        for (const record of records) {
          await take(topic, partition, record);
          offset = record.offset + 1;
          next[partition] = offset;
        }
      }
    }
  }

  return {
    seen,
    topics,
    commandTopics,
    /** Reads to what is the end right now. @throws what Kafka or the registry says; nothing is read twice after that. */
    readOn: (): Promise<Log> =>
      using(async (from) => {
        const [ends, firsts] = [await from.offsets(topics, 'latest'), await from.offsets(topics, 'earliest')];
        for (const topic of topics) await readTo(from, topic, ends.get(topic) ?? [], firsts.get(topic) ?? []);
        return seen;
      }),
    /** Of each partition of the events, the first offset that is left and the end. */
    eventsKept: () =>
      using(async (from) => {
        const of = async (at: 'earliest' | 'latest') =>
          (await from.offsets([names.events], at)).get(names.events) ?? [];
        return { topic: names.events, firsts: await of('earliest'), ends: await of('latest') };
      }),
    /** What a group last committed for a partition of a topic; undefined: nothing. */
    committed: (group: string, topic: string, partition: number): Promise<number | undefined> =>
      using(async (from) => (await from.committed(group, topic, partition))?.offset),
    async close(): Promise<void> {
      await cluster?.close();
      cluster = undefined;
    },
  };
}
