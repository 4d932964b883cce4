// The same loop as bare-loop.ts, as one writes it with kafkajs and the registry's client as they are published, with nothing of our own on
// the path: consume, decode, append in batches. drain runs it as a process of its own, because our parts mend kafkajs in place.
import { fork } from 'node:child_process';
// biome-ignore lint/style/noRestrictedImports: the point of it is that nothing of platform/ is on its way.
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { type IHeaders, Kafka, logLevel } from 'kafkajs';
import { outcomeEvent } from '../consumer/outcome.ts';
import type { Command } from '../schemas/command.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';

export type PlainLoop = {
  brokers: string;
  registryUrl: string;
  eventSchemaId: number;
  partitions: number;
  topic: string;
  target: string;
  jobs: number;
};

/** Milliseconds from the first batch to the last event that is acknowledged, and of processor time in them. */
type Took = { ms: number; cpuMs: number };

/** Appends `jobs` events to `target`, which has the partitions of `topic`. */
export async function runPlainLoop(loop: PlainLoop): Promise<Took> {
  const child = fork(import.meta.filename, [JSON.stringify(loop)], { stdio: ['ignore', 2, 2, 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (took) => resolve(took as Took));
    child.once('exit', (code) => reject(new Error(`the plain loop ended with ${code}`)));
  });
}

async function drain({ brokers, registryUrl, eventSchemaId, partitions, topic, target, jobs }: PlainLoop) {
  const kafka = new Kafka({ clientId: 'plain', brokers: brokers.split(','), logLevel: logLevel.ERROR });
  const registry = new SchemaRegistry({ host: registryUrl });
  const consumer = kafka.consumer({ groupId: target, maxWaitTimeInMs: 200 });
  const producer = kafka.producer();
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  let began: { at: number; cpu: NodeJS.CpuUsage } | undefined;
  let appended = 0;
  const done = Promise.withResolvers<Took>();

  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    async eachBatch({ batch: { partition, messages } }) {
      began ??= { at: performance.now(), cpu: process.cpuUsage() };
      const events = await Promise.all(
        messages.map(async ({ value, offset, headers }) => {
          const command: Command = await registry.decode(value ?? Buffer.alloc(0));
          const { n, text } = JSON.parse(command.payload) as { n: number; text: string };
          const now = Date.now();
          const position = { topic, partition, offset: Number(offset) };
          const result = JSON.stringify({ n, length: text.length });
          const about = { position, startedAt: now, at: now, worker: 'plain' };
          const event = outcomeEvent({ kind: 'succeeded', result }, command, about);
          const subject = `${event.type}/${event.id}`;
          const source = '/putlog/workers/plain';
          const told = { id: `${subject}/0.1/succeeded`, source, type: 'putlog.job.succeeded', subject, at: now };
          return {
            ...{ key: subject, partition, timestamp: String(now) },
            value: await registry.encode(eventSchemaId, event),
            headers: recordHeaders(told, childTraceparent(headers?.traceparent?.toString())) satisfies IHeaders,
          };
        }),
      );
      await producer.send({ topic: target, acks: -1, messages: events });
      appended += events.length;
      if (appended < jobs) return;
      const { user, system } = process.cpuUsage(began.cpu);
      done.resolve({ ms: performance.now() - began.at, cpuMs: (user + system) / 1_000 });
    },
  });
  const took = await done.promise;
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
  if (appended !== jobs) throw new Error(`the plain loop appended ${appended} events, not ${jobs}`);
  return took;
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const took = await drain(JSON.parse(process.argv[2] ?? ''));
  process.send(took, () => process.disconnect());
}
