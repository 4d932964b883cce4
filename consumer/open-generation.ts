// Whether a job that was fired is over, as far as the read model can tell; what it does not have yet is not.
import { findCheckpoints, findJobs } from '../platform/find-jobs.ts';
import type { Versions } from '../platform/follow-read-model.ts';
import { isTerminal } from '../schemas/job-status.ts';
import type { Position } from '../schemas/position.ts';

/** Resolves to the generation that is not over; undefined: it is. @throws what MongoDB says */
export async function openGeneration(
  versions: Versions,
  { name, command }: { name: string; command: Position },
): Promise<number | undefined> {
  const look = async () => (await findJobs(versions, [name])).get(name);
  const found = await look();
  if (found !== undefined) return isTerminal(found.state) ? undefined : found.generation;
  const { topic, partition, offset } = command;
  const written = (await findCheckpoints(versions, [topic])).get(topic)?.[partition] ?? 0;
  if (written <= offset) return 0;
  // It came in between, or its retention has ended.
  const late = await look();
  return late === undefined || isTerminal(late.state) ? undefined : late.generation;
}
