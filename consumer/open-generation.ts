// Whether a job that was fired is over, as far as the read model can tell; what it does not have yet is not.
import { type ReadModel, readCheckpoints } from '../platform/read-model.ts';
import { isTerminal } from '../schemas/job-status.ts';
import type { Position } from '../schemas/position.ts';

/** Resolves to the generation that is not over; undefined: it is. @throws what MongoDB says */
export async function openGeneration(
  model: ReadModel,
  { name, command }: { name: string; command: Position },
): Promise<number | undefined> {
  const look = () => model.jobs.findOne({ _id: name }, { projection: { state: 1, generation: 1 } });
  const found = await look();
  if (found !== null) return isTerminal(found.state) ? undefined : found.generation;
  const { topic, partition, offset } = command;
  const written = (await readCheckpoints(model, [topic])).get(topic)?.[partition] ?? 0;
  if (written <= offset) return 0;
  // It came in between, or its retention has ended.
  const late = await look();
  return late === null || isTerminal(late.state) ? undefined : late.generation;
}
