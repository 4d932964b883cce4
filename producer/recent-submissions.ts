// What this process has accepted lately, or is about to: repeated PUTs of one id meet here before the read model knows
// of it. Bounded; whatever it forgets, or another process accepts, the claims of the workers decide.
import type { JobDocument } from '../schemas/job-status.ts';

/** `stored` settles when the log has answered. */
export type RecentSubmission = { digest: string; stored: Promise<JobDocument> };

export type RecentSubmissions = ReturnType<typeof createRecentSubmissions>;

export function createRecentSubmissions(limit = 20_000) {
  const submissions = new Map<string, RecentSubmission>();
  return {
    get: (key: string) => submissions.get(key),
    add(key: string, submission: RecentSubmission) {
      submissions.set(key, submission);
      if (submissions.size > limit) for (const oldest of submissions.keys()) return void submissions.delete(oldest);
    },
    /** It is not in the log, or nobody knows: the next PUT must ask the log again. */
    forget(key: string, submission: RecentSubmission) {
      if (submissions.get(key) === submission) submissions.delete(key);
    },
  };
}
