// Writes to the topics of a scenario past the api and past the proxies, as a program that knows Kafka and nothing of Putlog
// would: commands under schemas of its own, and records that nobody can read.
import { openLogWriter } from '../../platform/log-writer.ts';
import { partitionOf } from '../../platform/partition-of.ts';
import { encodeWire } from '../../platform/wire-format.ts';
import { canonicalJson, digestOf } from '../../schemas/canonical-json.ts';
import { type Command, commandSchema, commandType } from '../../schemas/command.ts';
import { topicNames } from '../../schemas/topics.ts';
import { silent, watchedCluster } from '../stack/log.ts';
import { type FaultSystem, partitions } from './fault-system.ts';
import type { Load } from './load.ts';

export type DirectLog = Awaited<ReturnType<typeof openDirectLog>>;

export async function openDirectLog({ stack, prefix }: FaultSystem, { journal }: Load) {
  const topic = topicNames(prefix).commands('default');
  const cluster = await watchedCluster(stack.direct.kafka, [topic]);
  const writer = await openLogWriter({ cluster, log: silent });
  const { registryUrl } = stack.direct;

  return {
    topic,
    /** The schema of commands under an id that no process has met. */
    async newSchemaId(name: string): Promise<number> {
      const schema = JSON.stringify({ ...commandSchema, doc: `${commandSchema.doc} (${prefix}, ${name})` });
      const answer = await fetch(`${registryUrl}/subjects/${prefix}.${name}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ schema }),
      });
      const { id } = (await answer.json()) as { id?: number };
      if (id === undefined) throw new Error(`the registry did not take the schema ${name}: ${answer.status}`);
      return id;
    },

    /** A call of fault.ordered, in the journal as one that was acknowledged. Resolves to its bytes. */
    command(id: string, schemaId: number): { value: Buffer; partition: number; key: Buffer; acked: () => void } {
      const payload = { key: id, n: 0 };
      const text = canonicalJson(payload);
      const command: Command = {
        ...{ kind: 'submit', type: 'fault.ordered', id, generation: 0, attempt: 1, key: id, payload: text },
        ...{ digest: digestOf(text), submittedAt: Date.now(), dueAt: null, after: null, options: null },
      };
      const key = Buffer.from(id);
      const call = { type: command.type, id, key: id, number: null, payload, expects: ['succeeded'] } as const;
      return {
        value: encodeWire(commandType, schemaId, command),
        partition: partitionOf(key, partitions),
        key,
        acked: () => journal.answered(journal.attempt(call), { outcome: 'acked', status: null, code: null }),
      };
    },

    /** Resolves to where it is. */
    async append(partition: number, value: Buffer, key: Buffer = Buffer.from('foreign')) {
      const offset = await writer.append({ topic, partition, key, value, headers: {}, timestamp: Date.now() });
      return { topic, partition, offset };
    },

    async close(): Promise<void> {
      await writer.close(1_000);
      await cluster.close();
    },
  };
}
