import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { createTopics } from '../../platform/create-topics.ts';
import type { StackAddresses } from './addresses.ts';
import { silent } from './log.ts';

/**
 * Leaves a record in a topic, a schema in the registry and a document in MongoDB, and reads them again: what has to
 * survive a restart. Used by the tests of `embedded/` and `cli/start.ts`.
 */
export type Marks = { readonly records: string[]; readonly schemaId: number; readonly document: string | undefined };

const schema = JSON.stringify({ type: 'record', name: 'Mark', fields: [{ name: 'n', type: 'int' }] });

const kafkaOf = (brokers: string) => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });

export async function leaveMarks({ brokers, registryUrl, mongoUri }: StackAddresses, name: string): Promise<Marks> {
  const kafka = kafkaOf(brokers);
  const admin = kafka.admin();
  await admin.connect();
  await createTopics(admin, [{ topic: name, numPartitions: 1, replicationFactor: 1 }], silent);
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: name, messages: [{ value: name }] });
  await producer.disconnect();
  const registered = await fetch(`${registryUrl}/subjects/${name}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema }),
  });
  const { id } = (await registered.json()) as { id: number };
  await withMongo(mongoUri, (marks) => marks.insertOne({ name }, { writeConcern: { w: 'majority' } }));
  return { records: [name], schemaId: id, document: name };
}

export async function findMarks({ brokers, registryUrl, mongoUri }: StackAddresses, name: string): Promise<Marks> {
  const latest = await fetch(`${registryUrl}/subjects/${name}/versions/latest`);
  const { id } = (await latest.json()) as { id: number };
  const found = await withMongo(mongoUri, (marks) => marks.findOne({ name }));
  return { records: await firstRecord(kafkaOf(brokers), name), schemaId: id, document: found?.name };
}

async function firstRecord(kafka: Kafka, topic: string): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `marks-${crypto.randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const value = await new Promise<string>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => resolve(String(message.value));
      consumer.run({ eachMessage }).catch(reject);
    });
    return [value];
  } finally {
    await consumer.disconnect();
  }
}

type Mark = { readonly name: string };

async function withMongo<Result>(
  uri: string,
  use: (marks: ReturnType<typeof marksOf>) => Promise<Result>,
): Promise<Result> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await use(marksOf(client));
  } finally {
    await client.close();
  }
}

const marksOf = (client: MongoClient) => client.db('stack-test').collection<Mark>('marks');
