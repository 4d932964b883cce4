// Deletes what everybody has done with: commands that are done and committed, events behind every checkpoint, both projected
// and read by the checks. Nothing may come to depend on them again. The scenario of deleted records uses it.

import { createKafka } from '../../platform/kafka.ts';
import { createMongo } from '../../platform/mongo.ts';
import { openReadModel, readCheckpoints } from '../../platform/read-model.ts';
import { readCheckpoint } from '../../schemas/checkpoint.ts';
import { groupNames, topicNames } from '../../schemas/topics.ts';
import { until } from '../stack/deadline.ts';
import { silent } from '../stack/log.ts';
import { deleteBefore } from './deletions.ts';
import { partitions } from './fault-system.ts';
import type { FaultContext } from './scenario.ts';

/** `upTo`: the first offset that stays, of each partition; `atEnd`: nothing stays. */
export type Past = { topic: string; upTo: number[]; atEnd: boolean };

export function pastRecords({ system, stack, readLog }: FaultContext) {
  const kafka = createKafka({ brokers: stack.direct.kafka, clientId: 'faults-past-records', log: silent });
  const names = topicNames(system.prefix);
  const commands = names.commands('default');
  const topics = [commands, names.events];

  /** What may go now. */
  async function past(): Promise<Past[]> {
    const admin = kafka.admin();
    const mongo = createMongo(stack.direct.mongoUri(system.prefix));
    try {
      await admin.connect();
      const group = { groupId: groupNames(system.prefix).workers, topics: [commands] };
      const committed = (await admin.fetchOffsets(group))[0]?.partitions ?? [];
      const projected = await readCheckpoints(await openReadModel(mongo.db), topics);
      const { next } = await readLog();
      const checkpoints = Array.from({ length: partitions }, (_, partition) => {
        const found = committed.find((one) => one.partition === partition);
        const offset = Number(found?.offset ?? -1);
        return offset < 0 ? undefined : readCheckpoint(offset, found?.metadata ?? '');
      });
      return topics.map((topic) => {
        const ends = next.get(topic) ?? [];
        const upTo = checkpoints.map((checkpoint, partition) => {
          const done = (topic === commands ? checkpoint?.offset : checkpoint?.eventsFrom) ?? 0;
          return Math.min(done, projected.get(topic)?.[partition] ?? 0, ends[partition] ?? 0);
        });
        return { topic, upTo, atEnd: upTo.every((offset, partition) => offset === ends[partition]) };
      });
    } finally {
      await Promise.all([admin.disconnect(), mongo.close()]);
    }
  }

  async function deleteTo(list: readonly Past[]): Promise<void> {
    for (const { topic, upTo } of list) await deleteBefore(stack.direct.kafka, topic, upTo);
  }

  return {
    topics,
    /** Resolves to how many records may have gone so far, since the beginning. */
    async deleteSome(): Promise<number> {
      const list = await past();
      await deleteTo(list);
      return list.flatMap(({ upTo }) => upTo).reduce((sum, offset) => sum + offset, 0);
    },
    /** Waits until everything is done with, and nobody sends any more. */
    async deleteAll(): Promise<void> {
      const list = await until('everything is done and projected', async () => {
        const found = await past();
        return found.every(({ atEnd }) => atEnd) ? found : undefined;
      });
      await deleteTo(list);
    },
  };
}
