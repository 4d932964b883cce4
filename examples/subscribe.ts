// Subscribes from another program: `node examples/subscribe.ts` with the addresses of Kafka, the registry and MongoDB, which `npm start`
// prints. docs/subscribing.md shows it in parts. It goes on until it is told to stop.
import { MongoClient } from 'mongodb';
import { type SubscribedEvent, subscribe } from 'putlog/subscribe';
import type wordCount from './jobs/word-count.ts';

type Jobs = { 'word.count': typeof wordCount };

const log = {
  brokers: process.env.KAFKA_BROKERS ?? 'localhost:9092',
  registry: process.env.SCHEMA_REGISTRY_URL ?? 'http://localhost:8081',
  prefix: process.env.PUTLOG_PREFIX ?? 'putlog',
};

const printer = subscribe<Jobs>(
  { ...log, group: 'printer', types: ['word.count'], events: ['succeeded', 'failed'] },
  async (event) => {
    if (event.kind === 'succeeded') console.log(event.job, event.result.words);
  },
);

const client = new MongoClient(process.env.MONGODB_URI ?? 'mongodb://localhost:27017/ledger');
const totals = client.db().collection<{ _id: string; words: number }>('totals');

const ledger = subscribe<Jobs>(
  { ...log, group: 'ledger', types: ['word.count'], events: ['succeeded'], into: client.db() },
  async (event, session) => {
    if (event.kind !== 'succeeded') return;
    const more = { $inc: { words: event.result.words } };
    await totals.updateOne({ _id: event.type }, more, { upsert: true, session });
  },
);

async function callTheBank({ job }: SubscribedEvent): Promise<void> {
  if (job === 'word.count/unlucky') throw new Error('the bank is closed');
}

const bank = subscribe(
  {
    ...log,
    group: 'bank',
    from: '2026-01-01T00:00:00Z',
    retry: { attempts: 3, backoffMs: 100 },
    onDead: ({ position, attempts }, error) => console.error(position, attempts, error.message),
  },
  callTheBank,
);

const all = [printer, ledger, bank];
process.once('SIGTERM', async () => {
  await Promise.all(all.map((subscription) => subscription.stop()));
  await client.close();
});
await Promise.all(all.map((subscription) => subscription.closed));
