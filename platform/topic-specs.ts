// Which topics there are, and how each is made: the one list of it. Every process makes sure of them when it starts (prepare-log.ts), and
// `putlog topics` checks them.
import { topicNames } from '../schemas/topics.ts';
import type { Config } from './config.ts';
import { minIsrFor } from './durability.ts';
import type { LoadedJob } from './load-jobs.ts';
import type { TopicSpec } from './topics.ts';

/** Kafka's own default. A dead letter carries the whole of what was read, and must fit with what is said of it. */
const maxCommandBytes = 1_048_588;
const maxEventBytes = 2 * maxCommandBytes;

/** Those of the commands first, in the order of the queues of `jobs`. */
export function topicSpecs(config: Config, jobs: ReadonlyMap<string, LoadedJob>): TopicSpec[] {
  const topics = topicNames(config.prefix);
  const queues = [...new Set([...jobs.values()].map(({ definition }) => definition.queue))].sort();
  const { partitions, replication, requireMinIsr } = config;
  const shape = { partitions, replication, minIsr: minIsrFor(replication, requireMinIsr) };
  return [
    ...queues.flatMap(topics.commandsOf).map((topic) => ({
      ...{ ...shape, topic, retentionMs: config.commandRetentionMs, maxMessageBytes: maxCommandBytes },
    })),
    { ...shape, topic: topics.events, retentionMs: config.eventRetentionMs, maxMessageBytes: maxEventBytes },
    // A command that is older is gone, and with it all that could be cancelled.
    {
      ...{ ...shape, topic: topics.cancels, partitions: 1, alone: true },
      ...{ retentionMs: config.commandRetentionMs, maxMessageBytes: maxCommandBytes },
    },
    {
      ...{ ...shape, topic: topics.settings, partitions: 1, alone: true },
      ...{ compacted: true, retentionMs: -1, maxMessageBytes: maxCommandBytes },
    },
  ];
}
