// Reads which jobs are to end: all that stands in their topic before the worker runs anything, then whatever comes.
import { type FollowRecordsOptions, followRecords } from '../platform/follow-records.ts';
import type { Cancel } from '../schemas/cancel.ts';
import type { Cancelled, Cancels } from './cancels.ts';

export type FollowCancelsOptions = Pick<FollowRecordsOptions<Cancel>, 'connection' | 'topic' | 'log' | 'fatal'> & {
  readCancel: (value: Buffer | null) => Cancel | Promise<Cancel>;
  cancels: Pick<Cancels, 'take'>;
  /** Told of each one that comes later. */
  told: (cancelled: Cancelled) => void;
};

/** Resolves once all is known that was asked for so far. */
export async function followCancels({ readCancel, cancels, told, ...rest }: FollowCancelsOptions) {
  let later = false;
  const followed = await followRecords({
    ...{ ...rest, what: 'cancel', read: readCancel },
    take(cancel) {
      const cancelled = cancels.take(cancel);
      if (later) told(cancelled);
    },
  });
  later = true;
  return followed;
}
