// What this process has accepted lately, or is about to: repeated PUTs of one id meet here before the read model knows
// of it. Bounded; whatever it forgets, or another process accepts, the claims of the workers decide.
import type { JobDocument } from '../schemas/job-status.ts';

/** `stored` settles when the log has answered. */
export type RecentSubmission = { digest: string; stored: Promise<JobDocument> };

export type RecentSubmissions = ReturnType<typeof createRecentSubmissions>;

/**
 * Remembers the last `limit` submissions at least, twice as many at most: a whole generation is forgotten at once. (A Map
 * that loses its oldest entry with each new one steps over the gaps of thousands of earlier ones every time.)
 */
export function createRecentSubmissions(limit = 10_000) {
  let young = new Map<string, RecentSubmission>();
  let old = new Map<string, RecentSubmission>();
  return {
    get: (key: string) => young.get(key) ?? old.get(key),
    add(key: string, submission: RecentSubmission) {
      if (young.size >= limit) {
        old = young;
        young = new Map();
      }
      young.set(key, submission);
    },
    /** It is not in the log, or nobody knows: the next PUT must ask the log again. */
    forget(key: string, submission: RecentSubmission) {
      for (const generation of [young, old]) if (generation.get(key) === submission) generation.delete(key);
    },
  };
}
