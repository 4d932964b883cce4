// For tests: the topics of one queue on a real Kafka, a database of its own, and all that a runner of one partition needs.
// The test brings the function that is called, and replaces what it wants to break.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import Type from 'typebox';
import { createCluster } from '../platform/cluster.ts';
import { createKafka } from '../platform/kafka.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { openLogWriter } from '../platform/log-writer.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import { ensureTopics } from '../platform/topics.ts';
import { createDecoder, encodeWire, type SchemaById, UndecodableError } from '../platform/wire-format.ts';
import { type Checkpoint, checkpointMetadata } from '../schemas/checkpoint.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { defineJob } from '../schemas/define-job.ts';
import { eventType, type JobEvent } from '../schemas/event.ts';
import { type Fence, fenceEventType, fenceType } from '../schemas/fence.ts';
import { jobKey } from '../schemas/job-status.ts';
import { createAdmission } from './admission.ts';
import { createCancels } from './cancels.ts';
import { createClaims } from './claims.ts';
import { createEventRecords } from './event-records.ts';
import { createGate } from './gate.ts';
import { createQueueSlots } from './lane-slots.ts';
import { createEventEnds } from './marks.ts';
import type { RunnerTools } from './partition-runner.ts';
import { createReadAhead } from './read-ahead.ts';
import { createTimers } from './timers.ts';

/** Ids that a registry would have given; any other is unknown for ever. */
export const schemaIds = { command: 1, event: 2, fence: 3 };
const unknownSchema: SchemaById = (id) => Promise.reject(new UndecodableError(`there is no schema ${id}`));

const job: LoadedJob = {
  definition: defineJob({ type: 'test.job', payload: Type.Unknown(), result: Type.Unknown(), handler: () => null }),
  file: 'file:///test.job.ts',
};

/** One record of the events topic, decoded. `garbage`: neither an event nor a fence. */
export type Recorded =
  | { is: 'event'; offset: number; event: JobEvent; headers: Record<string, string> }
  | { is: 'fence'; offset: number; fence: Fence }
  | { is: 'garbage'; offset: number };

export type Bench = Awaited<ReturnType<typeof createBench>>;

export async function createBench({ brokers, mongoUri }: { brokers: string; mongoUri: string }, partitions = 2) {
  const name = `bench-${randomBytes(5).toString('hex')}`;
  const log = pino({ level: 'silent' });
  const [topic, eventsTopic, group] = [`${name}.commands`, `${name}.events`, `${name}.workers`];
  const kafka = createKafka({ brokers, clientId: 'test', log });
  const spec = { partitions, replication: 1, retentionMs: -1, maxMessageBytes: 1_048_588 };
  const specs = [
    { ...spec, topic },
    { ...spec, topic: eventsTopic },
  ];
  await persist(() => ensureTopics(kafka, specs, log), { log, what: 'make sure of the topics' });
  const cluster = createCluster({ brokers, clientId: 'test', log });
  await persist(() => cluster.watch([topic, eventsTopic]), { log, what: 'learn the leaders' });
  // A coordinator that has just been made does not answer at once.
  await persist(() => cluster.committed(group, topic, 0), { log, what: 'ask the coordinator' });
  const writer = await persist(() => openLogWriter({ cluster, log }), { log, what: 'open a writer' });
  // Identities are spread over coordinators; each of them has to be there before a test can count its steps.
  const identities = Array.from({ length: 16 }, (_, i) => `${name}.${i}`);
  await Promise.all(
    identities.map((identity) => persist(() => cluster.initProducerId(identity), { log, what: 'warm up' })),
  );
  const uri = new URL(mongoUri);
  uri.pathname = `/${name}`;
  const mongo = createMongo(uri.href);
  const records = createEventRecords({
    ...{ topic: eventsTopic, worker: 'w1' },
    ...{ eventSchemaId: schemaIds.event, fenceSchemaId: schemaIds.fence },
  });
  const readCommand = createDecoder<Command>(commandType, schemaIds.command, unknownSchema);
  const readEvent = createDecoder<JobEvent>(eventType, schemaIds.event, unknownSchema);
  const readFence = createDecoder<Fence>(fenceType, schemaIds.fence, unknownSchema);
  const fatal: unknown[] = [];
  const claims = createClaims({ db: mongo.db, log, fatal: (error) => fatal.push(error) });
  const cancels = createCancels(60_000);
  const timers = createTimers({ db: mongo.db, cancels, log, fatal: (error) => fatal.push(error) });

  const command = (id: string, fields: Partial<Command> = {}): Command => ({
    ...{ kind: 'submit', type: 'test.job', id, generation: 0, attempt: 1 },
    ...{ key: jobKey('test.job', id), payload: '{}', digest: 'd', submittedAt: Date.now() },
    ...{ dueAt: null, after: null, options: null },
    ...fields,
  });

  /** Resolves to the record's offset. */
  const appendRaw = (
    value: Buffer,
    at: { topic?: string; partition?: number; headers?: Record<string, string> } = {},
  ) =>
    writer.append({
      ...{ topic, partition: 0, headers: {}, ...at },
      ...{ key: Buffer.from('k'), value, timestamp: Date.now() },
    });

  return {
    ...{
      topic,
      eventsTopic,
      group,
      kafka,
      cluster,
      claims,
      cancels,
      timers,
      command,
      log,
      records,
      writer,
      fatal,
      appendRaw,
    },
    db: mongo.db,
    submit: (id: string, { partition = 0, ...fields }: Partial<Command> & { partition?: number } = {}) =>
      appendRaw(encodeWire(commandType, schemaIds.command, command(id, fields)), {
        ...{ partition, headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } },
      }),

    tools: (replaced: Partial<RunnerTools> = {}): RunnerTools => ({
      ...{ cluster, log, group, records, readEvent, readFence, readCommand, claims, cancels, timers },
      ...{ sessionTimeoutMs: 6_000, renewMs: 3_600_000, pauses: () => 0, answered: () => undefined },
      ...{ worker: 'w1', load: { active: 0 }, gate: createGate(() => undefined), slots: createQueueSlots(100) },
      eventEnds: createEventEnds(),
      ahead: createReadAhead(),
      admission: createAdmission({
        ...{ isPaused: () => false, limitOf: () => undefined, owned: () => [], partitions, isCancelled: cancels.has },
        leases: { want: () => undefined, take: () => undefined, give: () => undefined },
      }),
      writeCommand: (one) => encodeWire(commandType, schemaIds.command, one),
      call: async () => ({ ok: true, result: 'null' }),
      openPersonal: async (_, one) => ({ command: one, fate: undefined }),
      follow: () => undefined,
      jobs: new Map([['test.job', job]]),
      recorded: () => undefined,
      ...replaced,
    }),

    /** The events of a partition as any plain reader sees them. */
    async recorded(partition = 0): Promise<Recorded[]> {
      const end = (await cluster.offsets([eventsTopic], 'latest')).get(eventsTopic)?.[partition] ?? 0;
      const all: Recorded[] = [];
      for (let at = (await cluster.offsets([eventsTopic], 'earliest')).get(eventsTopic)?.[partition] ?? 0; at < end; ) {
        const page = await cluster.fetch(eventsTopic, partition, at, 4 * 2 ** 20, 100);
        for (const { offset, value, headers: raw } of page.records) {
          at = offset + 1;
          const headers = Object.fromEntries(Object.entries(raw).map(([header, text]) => [header, String(text)]));
          if (headers.ce_type === undefined) all.push({ is: 'garbage', offset });
          else if (headers.ce_type === fenceEventType) all.push({ is: 'fence', offset, fence: await readFence(value) });
          else all.push({ is: 'event', offset, event: await readEvent(value), headers });
        }
      }
      return all;
    },

    /** What a worker commits, as a member of the group. Beyond the log's end kafkajs would take it back. */
    async commit(partition: number, checkpoint: Checkpoint, metadata = checkpointMetadata(checkpoint) ?? '') {
      const consumer = kafka.consumer({ groupId: group, sessionTimeout: 6_000 });
      const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
      await joined;
      await consumer.commitOffsets([{ topic, partition, offset: String(checkpoint.offset), metadata }]);
      await consumer.disconnect();
    },

    async deleteBefore(of: string, partition: number, offset: number) {
      const admin = kafka.admin();
      await admin.connect();
      await admin.fetchTopicOffsets(of);
      await admin.deleteTopicRecords({ topic: of, partitions: [{ partition, offset: String(offset) }] });
      await admin.disconnect();
    },

    async close() {
      claims.close();
      timers.close();
      await writer.close(0);
      await cluster.close();
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}
