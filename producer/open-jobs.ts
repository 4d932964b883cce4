// How many jobs are not over, by their state and by when they were submitted, as of the read model: what no event counts yet. Whoever asks
// the same within a second is told the same, and where counting takes long, within ten times as long: dashboards ask often.
import type { Document, Filter } from 'mongodb';
import type { ReadModel } from '../platform/read-model.ts';
import type { TypePatterns } from '../schemas/access.ts';
import { isTerminal, type JobDocument, type JobState, jobStates } from '../schemas/job-status.ts';
import { type Step, stepLengths } from '../schemas/statistics.ts';
import { readPatience } from './ask-read-model.ts';
import { typeFilter } from './caller.ts';
import type { Range } from './statistics-range.ts';

/** `at`: the step in which they were submitted (milliseconds since the epoch); 0 without steps. */
export type OpenJobs = { at: number; state: JobState; count: number };

export type OpenJobsFilter = { types: TypePatterns; range: Range | undefined; step: Step | undefined };

/** @throws what MongoDB says */
export type CountOpenJobs = (filter: OpenJobsFilter) => Promise<OpenJobs[]>;

const openStates = jobStates.filter((state) => !isTerminal(state));
const freshFor = 1_000;
const mostKept = 100;

function pipelineOf({ types, range, step }: OpenJobsFilter): Document[] {
  const match: Filter<JobDocument> = { state: { $in: openStates }, ...typeFilter(types) };
  if (range !== undefined) match.createdAt = { $gte: range.from, $lt: range.to };
  const at =
    step === undefined ? { $literal: 0 } : { $subtract: ['$createdAt', { $mod: ['$createdAt', stepLengths[step]] }] };
  return [{ $match: match }, { $group: { _id: { state: '$state', at }, count: { $sum: 1 } } }];
}

/** `jobs`: of the version of the read model that is read now. */
export function createOpenJobs({ jobs }: { jobs: () => Promise<ReadModel['jobs']> }): CountOpenJobs {
  const known = new Map<string, { counts: Promise<OpenJobs[]>; until: number }>();

  async function count(filter: OpenJobsFilter): Promise<OpenJobs[]> {
    const signal = AbortSignal.timeout(readPatience);
    type Group = { _id: { state: JobState; at: number }; count: number };
    const groups = await (await jobs()).aggregate<Group>(pipelineOf(filter), { signal }).toArray();
    return groups.map(({ _id, count: found }) => ({ ..._id, count: found }));
  }

  return (filter) => {
    const name = JSON.stringify(filter);
    const began = performance.now();
    const there = known.get(name);
    if (there !== undefined && began < there.until) return there.counts;
    if (known.size >= mostKept) known.clear();
    const entry = { counts: count(filter), until: Number.POSITIVE_INFINITY };
    known.set(name, entry);
    entry.counts.then(
      () => {
        const now = performance.now();
        entry.until = now + Math.max(freshFor, 10 * (now - began));
      },
      () => known.delete(name),
    );
    return entry.counts;
  };
}
