// What every process does before it reads or writes the log: topics exist, schemas are registered, decoders are ready.
// Waits while Kafka or the registry is away; refuses to go on where topics or schemas do not fit.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { type Command, commandSchema, commandType } from '../schemas/command.ts';
import { eventSchema, eventType, type JobEvent } from '../schemas/event.ts';
import { fenceSchema } from '../schemas/fence.ts';
import { subjectNames, topicNames } from '../schemas/topics.ts';
import type { Config } from './config.ts';
import type { LoadedJob } from './load-jobs.ts';
import type { Logger } from './log.ts';
import { createRegistry, IncompatibleSchemaError } from './registry.ts';
import { ensureTopics, TopicMismatchError } from './topics.ts';
import { createDecoder } from './wire-format.ts';

export type PreparedLog = Awaited<ReturnType<typeof prepareLog>>;

type Needs = { config: Config; kafka: Kafka; jobs: ReadonlyMap<string, LoadedJob>; log: Logger };

/** @throws IncompatibleSchemaError, TopicMismatchError */
export async function prepareLog({ config, kafka, jobs, log }: Needs) {
  const registry = createRegistry({ url: config.registryUrl, log });
  const topics = topicNames(config.prefix);
  const queues = [...new Set([...jobs.values()].map(({ definition }) => definition.queue))].sort();
  const commandTopics = queues.map((queue) => topics.commands(queue));
  const { partitions, replication } = config;
  const specs = [
    ...commandTopics.map((topic) => ({ topic, partitions, replication, retentionMs: config.commandRetentionMs })),
    { topic: topics.events, partitions, replication, retentionMs: config.eventRetentionMs },
  ];
  const subjects = subjectNames(config.prefix);

  const [count, commandSchemaId, eventSchemaId, fenceSchemaId] = await untilThere(log, () =>
    Promise.all([
      ensureTopics(kafka, specs, log),
      registry.registerAvro(subjects.command, commandSchema),
      registry.registerAvro(subjects.event, eventSchema),
      registry.registerAvro(subjects.fence, fenceSchema),
      ...[...jobs.values()].flatMap(({ definition: { type, payload, result } }) => [
        registry.registerJson(subjects.payload(type), payload),
        registry.registerJson(subjects.result(type), result),
      ]),
    ]),
  );
  return {
    registry,
    /** Partitions of each topic. */
    partitions: count,
    commandTopics,
    eventsTopic: topics.events,
    commandSchemaId,
    eventSchemaId,
    fenceSchemaId,
    readCommand: createDecoder<Command>(commandType, commandSchemaId, registry.schemaById),
    readEvent: createDecoder<JobEvent>(eventType, eventSchemaId, registry.schemaById),
  };
}

async function untilThere<T>(log: Logger, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof IncompatibleSchemaError || error instanceof TopicMismatchError) throw error;
      log.warn({ err: error }, 'Kafka or the schema registry is not there yet; trying again');
      await delay(Math.min(2_000, 100 * 2 ** failures));
    }
  }
}
