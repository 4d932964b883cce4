// How long the jobs of each type are kept once they are over. The projector goes by it, and whatever builds a version of the read model
// must go by the same, or the two would differ.
import type { Config } from '../platform/config.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';

/** Given a type: milliseconds, or undefined: for ever. */
export const retentionIn =
  (jobs: ReadonlyMap<string, LoadedJob>, { dedupMs }: Pick<Config, 'dedupMs'>) =>
  (type: string): number | undefined => {
    const retention = jobs.get(type)?.definition.retention ?? undefined;
    // As long as a claim holds an id, its job must be there to answer for it.
    return retention && Math.max(retention, dedupMs);
  };
