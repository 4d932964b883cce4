// Reads of the log itself for an answer: asked twice, for the leader may have moved since the last read, and then said to be unreadable.
// job-history.ts and job-at.ts read through it.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import { PutlogError } from '../schemas/problem.ts';

/** @throws PutlogError log-unreadable; what says that records are gone (isGone), as it is */
export type AskLog = <T>(topic: string, read: () => Promise<T>) => Promise<T>;

export const createAskLog =
  (cluster: Pick<KafkaCluster, 'watch'>): AskLog =>
  async (topic, read) => {
    for (let again = true; ; again = false) {
      try {
        await cluster.watch([topic]);
        return await read();
      } catch (error) {
        if (isGone(error)) throw error;
        if (again) continue;
        throw new PutlogError('log-unreadable', 'The log cannot be read right now. Try again in a few seconds.', {
          cause: error,
          retryAfter: 2,
        });
      }
    }
  };
