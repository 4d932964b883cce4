// Snapshots as the routes see them: those that can be read, and why one cannot. Whether one is still to come is known from its job.
import type { Db } from 'mongodb';
import { isReady, type ReadySnapshot, removeSnapshot, snapshotsIn } from '../platform/snapshot-store.ts';
import { isTerminal, jobKey } from '../schemas/job-status.ts';
import { snapshotType } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import { askReadModel, readPatience } from './ask-read-model.ts';
import type { ReadJob } from './read-job.ts';

export type Snapshots = {
  /** @throws PutlogError unknown-snapshot, snapshot-not-ready, snapshot-gone, read-model-unavailable, read-model-behind */
  find: (id: string) => Promise<ReadySnapshot>;
  /** Newest first, at most 500. @throws PutlogError read-model-unavailable */
  all: () => Promise<ReadySnapshot[]>;
  /** From now on nobody can read it; projectors drop what it holds. @throws PutlogError read-model-unavailable */
  remove: (snapshot: ReadySnapshot) => Promise<void>;
};

const most = 500;

export function createSnapshots({ db, readJob }: { db: Db; readJob: ReadJob }): Snapshots {
  const ask = <T>(answer: (signal: AbortSignal) => Promise<T>) =>
    askReadModel('Snapshots', answer(AbortSignal.timeout(readPatience)));
  const isReadable = (found: ReadySnapshot) => found.expiresAt.getTime() > Date.now();

  async function ready(id: string): Promise<ReadySnapshot | undefined> {
    const found = await ask((signal) => snapshotsIn(db).findOne({ _id: id }, { signal }));
    return found !== null && isReady(found) ? found : undefined;
  }

  const gone = (id: string) =>
    new PutlogError('snapshot-gone', `the snapshot ${id} has expired or was deleted; build another under another id`);

  /** Of one that is not there (yet). */
  async function whyNot(id: string): Promise<PutlogError> {
    const name = jobKey(snapshotType, id);
    const job = await readJob(snapshotType, id);
    if (job === undefined)
      return new PutlogError('unknown-snapshot', `there is no snapshot ${id}; PUT /jobs/${name} builds one`);
    if (!isTerminal(job.state)) {
      const detail = `the snapshot ${id} is still being built: ${name} is ${job.state}`;
      return new PutlogError('snapshot-not-ready', detail, { retryAfter: 1 });
    }
    if (job.state === 'succeeded') return gone(id);
    return new PutlogError('unknown-snapshot', `there is no snapshot ${id}: ${name} is ${job.state}`);
  }

  return {
    async find(id) {
      let found = await ready(id);
      if (found === undefined) {
        const why = await whyNot(id);
        // It may have been built while its job was asked about.
        if (why.code === 'snapshot-gone') found = await ready(id);
        if (found === undefined) throw why;
      }
      if (!isReadable(found)) throw gone(id);
      return found;
    },
    async all() {
      const filter = { expiresAt: { $gt: new Date() } };
      const newest = { begunAt: -1, _id: -1 } as const;
      const found = await ask((signal) => snapshotsIn(db).find(filter, { signal }).sort(newest).limit(most).toArray());
      return found.filter(isReady);
    },
    async remove(snapshot) {
      await ask(() => removeSnapshot(db, snapshot));
    },
  };
}
