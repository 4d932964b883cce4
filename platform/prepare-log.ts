// What every process does before it reads or writes the log: topics exist, schemas are registered, decoders are ready.
// Waits while Kafka or the registry is away; refuses to go on where topics or schemas do not fit.
import type { Kafka } from 'kafkajs';
import { type Cancel, cancelSchema, cancelType } from '../schemas/cancel.ts';
import { type Command, commandSchema, commandType } from '../schemas/command.ts';
import { commandFault } from '../schemas/command-fault.ts';
import { eventSchema, eventType, type JobEvent } from '../schemas/event.ts';
import { type Fence, fenceSchema, fenceType } from '../schemas/fence.ts';
import { type Setting, settingSchema, settingType } from '../schemas/setting.ts';
import { laneOf, subjectNames, topicNames } from '../schemas/topics.ts';
import type { Config } from './config.ts';
import { checkDurability } from './durability.ts';
import type { LoadedJob } from './load-jobs.ts';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';
import { createRegistry, IncompatibleSchemaError } from './registry.ts';
import { topicSpecs } from './topic-specs.ts';
import { ensureTopics, TopicMismatchError } from './topics.ts';
import { createDecoder } from './wire-format.ts';

export type PreparedLog = Awaited<ReturnType<typeof prepareLog>>;

type Needs = { config: Config; kafka: Kafka; jobs: ReadonlyMap<string, LoadedJob>; log: Logger };

/** @throws IncompatibleSchemaError, TopicMismatchError */
export async function prepareLog({ config, kafka, jobs, log }: Needs) {
  const registry = createRegistry({ url: config.registryUrl, log });
  const topics = topicNames(config.prefix);
  const specs = topicSpecs(config, jobs);
  const commandTopics = specs.map(({ topic }) => topic).filter((topic) => laneOf(topic).of !== topic);
  const names = specs.map(({ topic }) => topic);
  const subjects = subjectNames(config.prefix);

  const final = (error: unknown) => error instanceof IncompatibleSchemaError || error instanceof TopicMismatchError;
  const register = (attempt: () => Promise<number>) => persist(attempt, { log, what: 'register the schemas', final });
  const [count, commandSchemaId, eventSchemaId, fenceSchemaId, cancelSchemaId, settingSchemaId] = await Promise.all([
    persist(() => ensureTopics(kafka, specs, log), { log, what: 'make sure of the topics', final }),
    register(() => registry.registerAvro(subjects.command, commandSchema)),
    register(() => registry.registerAvro(subjects.event, eventSchema)),
    register(() => registry.registerAvro(subjects.fence, fenceSchema)),
    register(() => registry.registerAvro(subjects.cancel, cancelSchema)),
    register(() => registry.registerAvro(subjects.setting, settingSchema)),
    ...[...jobs.values()].flatMap(({ definition: { type, payload, result } }) => [
      register(() => registry.registerJson(subjects.payload(type), payload)),
      register(() => registry.registerJson(subjects.result(type), result)),
    ]),
  ]);
  const durable = { log, what: 'look at how safe the topics are', final };
  await persist(() => checkDurability(kafka, names, config, log), durable);
  return {
    registry,
    /** Partitions of each topic. */
    partitions: count,
    commandTopics,
    eventsTopic: topics.events,
    commandSchemaId,
    eventSchemaId,
    fenceSchemaId,
    cancelsTopic: topics.cancels,
    cancelSchemaId,
    settingsTopic: topics.settings,
    settingSchemaId,
    readCommand: createDecoder<Command>(commandType, commandSchemaId, registry.schemaById, commandFault),
    readEvent: createDecoder<JobEvent>(eventType, eventSchemaId, registry.schemaById),
    readCancel: createDecoder<Cancel>(cancelType, cancelSchemaId, registry.schemaById),
    readSetting: createDecoder<Setting>(settingType, settingSchemaId, registry.schemaById),
    readFence: createDecoder<Fence>(fenceType, fenceSchemaId, registry.schemaById),
  };
}
