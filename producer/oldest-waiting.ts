// The oldest job of a type that has not begun, as of the read model, in the order of an index: MongoDB reads the one that it gives.
// type-lag asks.
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { ReadModel } from '../platform/read-model.ts';
import type { JobDocument } from '../schemas/job-status.ts';

export type Waiting = Pick<JobDocument, 'createdAt' | 'command'>;

/** Of those submitted before `before` (milliseconds since the epoch); undefined: there is none. @throws what MongoDB says */
export type OldestWaiting = (type: string, before: number) => Promise<Waiting | undefined>;

/** Milliseconds that MongoDB may take. */
const patience = 2_000;

export const waitingBefore = ({ jobs }: ReadModel, type: string, before: number, signal?: AbortSignal) =>
  jobs
    .find({ type, state: 'queued', createdAt: { $lt: before } }, signal === undefined ? {} : { signal })
    .project<Waiting>({ _id: 0, createdAt: 1, command: 1 })
    .sort({ createdAt: 1, _id: 1 })
    .limit(1);

export function createOldestWaiting(versions: ReadVersions): OldestWaiting {
  return async (type, before) => {
    const signal = AbortSignal.timeout(patience);
    const { current } = await versions(signal);
    const [oldest] = await waitingBefore(current, type, before, signal).toArray();
    return oldest;
  };
}
