// Two processes of a service that subscribes, killed with -9 and started again twenty times while jobs run: what they have applied to
// their own collection is what the topic has, each event once.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, expect, inject, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import { readTopic } from './event-log.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const program = join(import.meta.dirname, 'subscriber.ts');
const running = new Set<ChildProcess>();
const minutes = 60_000;

function startSubscriber(mongoUri: string): ChildProcess {
  const env = { ...system.environment(), SUBSCRIBER_MONGODB_URI: mongoUri };
  const child = spawn(process.execPath, [program], { env, stdio: 'inherit' });
  running.add(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals) {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error(`it has ended by itself: ${child.exitCode}`);
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = await ended;
  return code;
}

afterAll(() => Promise.all([...running].map((child) => end(child, 'SIGKILL'))));

test('killed twenty times under load, each event is applied exactly once', { timeout: 20 * minutes }, async () => {
  const [api] = await Promise.all([system.startApi(), system.start('worker')]);
  const uri = new URL(inject('stack').mongoUri);
  uri.pathname = `/${system.prefix}-ledger`;
  const client = await new MongoClient(uri.href).connect();
  const applied = client.db().collection<{ position: string }>('applied');
  const count = () => applied.countDocuments();

  let stopLoad = false;
  let accepted = 0;
  async function load(sender: number) {
    for (let n = 0; !stopLoad; n++) {
      const { status } = await api.put(`demo.echo/${sender}-${n}`, { n, text: 'x' });
      if (status === 202) accepted++;
      await delay(20);
    }
  }
  const senders = [0, 1, 2, 3].map(load);

  const subscribers = [startSubscriber(uri.href), startSubscriber(uri.href)];
  for (let kills = 0; kills < 20; kills++) {
    const before = await count();
    await until(
      `something new after ${kills} kills`,
      async () => (await count()) > before + 10 || undefined,
      5 * minutes,
    );
    await delay(randomInt(500));
    const victim = kills % subscribers.length;
    const child = subscribers[victim];
    if (child !== undefined) await end(child, 'SIGKILL');
    subscribers[victim] = startSubscriber(uri.href);
  }
  stopLoad = true;
  await Promise.all(senders);

  const inTopic = async () => {
    const records = await readTopic(system.brokers, system.topics.events);
    return records.filter(({ type }) => type.startsWith('putlog.job.'));
  };
  await until('the end of all jobs', async () => (await inTopic()).length >= accepted || undefined, 5 * minutes);
  const events = await inTopic();
  await until('all of it to be applied', async () => (await count()) >= events.length || undefined, 5 * minutes);
  for (const child of subscribers) expect(await end(child, 'SIGTERM')).toBe(0);

  const positions = (await applied.find().toArray()).map(({ position }) => position);
  const expected = events.map(({ partition, offset }) => `${system.topics.events}/${partition}@${offset}`);
  expect(positions.toSorted()).toEqual(expected.toSorted());
  const [echo] = await client.db().collection('counts').find().toArray();
  expect(echo).toMatchObject({ _id: 'demo.echo', events: events.length });
  await client.db().dropDatabase();
  await client.close();
});
