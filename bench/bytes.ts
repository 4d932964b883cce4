// `npm run bench:bytes [-- --jobs N]`: what one job leaves behind for good. Prints a JSON line for each size of payload and each pace, with the
// bytes of a job in the log, and a last one with those in MongoDB, over all jobs: as files have them, and not as anybody reckons.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMongo } from '../platform/mongo.ts';
import { countOf, startBenchStack } from './bench-stack.ts';
import { createBenchClient } from './http-client.ts';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '2000' } } });
const jobs = countOf('jobs', values.jobs);
const deadline = 600_000;

/** Characters of the text in the payload. */
const sizes = [100, 1_000, 10_000];
/** Of the jobs so many, over so many connections with one request at a time on each. */
const paces = {
  'many at once': { count: jobs, connections: 64 },
  'one after the other': { count: Math.ceil(jobs / 10), connections: 1 },
};

/** Words of which none comes twice: what is repeated MongoDB would compress away. */
const textOf = (n: number, size: number): string =>
  Array.from({ length: Math.ceil(size / 6) }, (_, i) => (((n * 2_000 + i) * 2_654_435_761) % 2 ** 32).toString(36))
    .join(' ')
    .slice(0, size);

const stack = await startBenchStack({ PUTLOG_PARTITIONS: '8' });
const mongo = createMongo(stack.config.mongoUri);
try {
  const api = await stack.startService('api');
  await Promise.all([stack.startService('worker'), stack.startService('projector')]);
  let id = 0;
  let before = await logBytes();
  for (const [pace, { count, connections }] of Object.entries(paces))
    for (const size of sizes) {
      const client = createBenchClient(api.url, connections);
      const until = id + count;
      const call = async () => {
        while (id < until) {
          const n = id++;
          await client.put('demo.echo', `b-${n}`, { n, text: textOf(n, size) });
          // One after the other: each is over before the next one comes, as where little happens.
          if (connections === 1) await over(client, `b-${n}`);
        }
      };
      await Promise.all(Array.from({ length: connections }, call));
      for (const limit = performance.now() + deadline; (await client.succeeded()) < until; await delay(100))
        if (performance.now() > limit) throw new Error(`not ${until} jobs within ${deadline} ms`);
      await client.close();
      const after = await logBytes();
      const [commands, events] = [after.commands - before.commands, after.events - before.events];
      tell({ pace, jobs: count, size, commands: Math.round(commands / count), events: Math.round(events / count) });
      before = after;
    }
  // Writes to its files what MongoDB has in memory.
  await mongo.db.admin().command({ fsync: 1 });
  tell({ jobs: id, status: Math.round((await kept('jobs_v1')) / id), claims: Math.round((await kept('claims')) / id) });
} finally {
  await mongo.close();
  await stack.stop();
}

function tell(measured: object): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), ...measured }));
}

async function over(client: ReturnType<typeof createBenchClient>, name: string): Promise<void> {
  for (const limit = performance.now() + deadline; ; await delay(2)) {
    const { body } = await client.get('demo.echo', name);
    if (body.state === 'succeeded') return;
    if (performance.now() > limit) throw new Error(`${name} is not over within ${deadline} ms`);
  }
}

/** Of the records alone: Kafka reserves ten MiB for each index, which it gives back once a segment is full. */
async function logBytes() {
  const names = await readdir(stack.dataDir, { recursive: true });
  const of = async (topic: string) => {
    const own = names.filter((name) => name.includes(`/${topic}-`) && name.endsWith('.log'));
    const found = await Promise.all(own.map(async (name) => (await stat(join(stack.dataDir, name))).size));
    return found.reduce((sum, one) => sum + one, 0);
  };
  return { commands: await of(stack.topic), events: await of(stack.prepared.eventsTopic) };
}

/** Documents and indexes, as they are compressed in its files. */
async function kept(collection: string): Promise<number> {
  const [found] = await mongo.db
    .collection(collection)
    .aggregate([{ $collStats: { storageStats: {} } }])
    .toArray();
  return (found?.storageStats.storageSize ?? 0) + (found?.storageStats.totalIndexSize ?? 0);
}
