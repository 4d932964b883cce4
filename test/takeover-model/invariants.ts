// What must hold in every state that can be reached, with the numbers that the fault suite gives them. No I/O.
import { type Checkpoint, isPassed } from './owner.ts';
import type { World } from './world.ts';

/** What is wrong, or undefined. `jobs`: of each command its job. */
export function breachOf({ partition, checkpoint, owners }: World, jobs: number[]): string | undefined {
  const outcomes = partition.records.flatMap(({ what }) => (what === 'fence' ? [] : [what]));
  if (new Set(outcomes).size < outcomes.length) return '9: an attempt has two outcomes';
  const ended = new Set(outcomes.map((command) => jobs[command]));
  if (ended.size < outcomes.length) return '2: a job has two outcomes';

  const views: (Checkpoint & { skip?: number[] })[] = [
    checkpoint,
    ...owners.flatMap((one) => [one.posted, one.hand]),
  ].filter((view) => view !== null);
  // A job is lost once somebody passes over all of its commands and none of them has an outcome.
  const lost = new Set(jobs).values().some((job) => {
    const commands = jobs.flatMap((one, command) => (one === job ? [command] : []));
    return !ended.has(job) && views.some((view) => commands.every((command) => isPassed(view, command)));
  });
  return lost ? '1: a job is lost' : undefined;
}

/** A state that nothing leads on from: whoever has not given up must have seen to every job. */
export function stuckAt({ partition, owners }: World, jobs: number[]): string | undefined {
  const ended = new Set(partition.records.map(({ what }) => (what === 'fence' ? -1 : jobs[what])));
  const someoneIsThere = owners.some(({ phase }) => phase !== 'over');
  return someoneIsThere && jobs.some((job) => !ended.has(job))
    ? '1: an owner is stuck, and a job has no outcome'
    : undefined;
}
