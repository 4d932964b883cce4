import { connect } from 'node:net';
import { type Db, MongoClient, MongoServerError } from 'mongodb';

/**
 * One step towards a primary on this port, true once it is one: initiates the replica set at the first start, and
 * gives it the new address where the port has changed since the last one. Called by mongod-part.ts until true.
 */
export async function becomePrimary(port: number): Promise<boolean> {
  // The driver takes long to give up on a closed port; a bare connection is refused at once.
  if (!(await accepts(port))) return false;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 3_000,
  });
  try {
    await client.connect();
    const admin = client.db('admin');
    for (let tries = 0; tries < 100; tries += 1) {
      const hello = await admin.command({ hello: 1 });
      if (hello.isWritablePrimary === true) return true;
      await configure(admin, `127.0.0.1:${port}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  } finally {
    await client.close();
  }
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

async function configure(admin: Db, host: string): Promise<void> {
  const current = await configOf(admin);
  if (current === undefined) {
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    return;
  }
  if (current.members.length === 1 && current.members[0]?.host === host) return;
  // Forced, because a node that does not find itself in its configuration is no primary and has no majority.
  const next = { ...current, version: current.version + 1, members: [{ _id: 0, host }] };
  await admin.command({ replSetReconfig: next, force: true });
}

type ReplicaSetConfig = { readonly version: number; readonly members: readonly { readonly host: string }[] };

async function configOf(admin: Db): Promise<ReplicaSetConfig | undefined> {
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    return config as ReplicaSetConfig;
  } catch (error) {
    if (error instanceof MongoServerError && error.codeName === 'NotYetInitialized') return undefined;
    throw error;
  }
}
