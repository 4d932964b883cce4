// Makes a mongod that was started with --replSet a replica set of one, which majority writes need. docker-compose.yml
// runs it once at each start: `node docker/initiate-replica-set.ts mongo:27017`. A set that is there already is left alone.
import { setTimeout as wait } from 'node:timers/promises';
import { type Db, MongoClient, MongoServerError } from 'mongodb';

const deadlineMs = 60_000;

/** @throws MongoServerError unless the set is there already. */
async function initiate(admin: Db, member: string): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: member }] } });
  } catch (error) {
    if (error instanceof MongoServerError && error.codeName === 'AlreadyInitialized') return;
    throw error;
  }
}

/** @param member host:port of the mongod, by the name under which all of its clients reach it. */
async function main(member: string): Promise<void> {
  const uri = `mongodb://${member}/?directConnection=true`;
  const client = await MongoClient.connect(uri, { serverSelectionTimeoutMS: deadlineMs });
  try {
    const admin = client.db('admin');
    await initiate(admin, member);
    const deadline = performance.now() + deadlineMs;
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (performance.now() > deadline) throw new Error(`${member} is no primary after ${deadlineMs} ms`);
      await wait(100);
    }
    console.log(`${member} is the primary of rs0`);
  } finally {
    await client.close();
  }
}

const [member, ...others] = process.argv.slice(2);
if (member === undefined || others.length > 0)
  throw new Error('usage: node docker/initiate-replica-set.ts <host:port>');
await main(member);
