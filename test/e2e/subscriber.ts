// A service that subscribes, as a process that can be killed: it writes each event into its own collection, in the transaction that stores
// its place. Started by the test of what is applied exactly once.
import { MongoClient } from 'mongodb';
import { subscribe } from '../../subscribe/index.ts';

const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '', PUTLOG_PREFIX = '', SUBSCRIBER_MONGODB_URI = '' } = process.env;
const client = new MongoClient(SUBSCRIBER_MONGODB_URI);
const db = client.db();
const applied = db.collection<{ position: string; job: string }>('applied');
const counts = db.collection<{ _id: string; events: number }>('counts');

const subscription = subscribe(
  {
    ...{ brokers: KAFKA_BROKERS, registry: SCHEMA_REGISTRY_URL, prefix: PUTLOG_PREFIX, group: 'ledger' },
    ...{ into: db, batch: 10, sessionTimeoutMs: 6_000 },
  },
  async ({ position, job, type }, session) => {
    await applied.insertOne({ position, job }, { session });
    await counts.updateOne({ _id: type }, { $inc: { events: 1 } }, { upsert: true, session });
  },
);
process.once('SIGTERM', async () => {
  await subscription.stop();
  await client.close();
});
await subscription.closed;
