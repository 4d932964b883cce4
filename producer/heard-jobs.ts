// What clients of this process were told of jobs before the read model had it: who has waited for the end of a job, or followed it, and
// asks again must not be told less. Bounded in number and in time; by then the read model knows. The look-up asks it.
import type { JobDocument } from '../schemas/job-status.ts';

export type HeardJobs = ReturnType<typeof createHeardJobs>;

/** Of one job, by events: the later one says more. */
export const isLater = (a: JobDocument, b: JobDocument): boolean =>
  a.generation === b.generation ? a.eventOffset > b.eventOffset : a.generation > b.generation;

/** Remembers at least the last `limit` jobs of the last `keepMs` milliseconds, and at most twice as many of twice as long. */
export function createHeardJobs({ limit = 10_000, keepMs = 60_000, now = () => performance.now() } = {}) {
  let young = new Map<string, JobDocument>();
  let old = new Map<string, JobDocument>();
  let since = now();

  function forget() {
    const age = now() - since;
    if (age < keepMs && young.size < limit) return;
    old = age < 2 * keepMs ? young : new Map();
    young = new Map();
    since = now();
  }

  return {
    hear(job: JobDocument) {
      forget();
      const before = young.get(job._id);
      if (before === undefined || isLater(job, before)) young.set(job._id, job);
    },
    /** What is known of a job (`<type>/<id>`), given what the read model has of it. */
    latest(name: string, found: JobDocument | undefined): JobDocument | undefined {
      forget();
      const heard = young.get(name) ?? old.get(name);
      return heard !== undefined && (found === undefined || isLater(heard, found)) ? heard : found;
    },
  };
}
