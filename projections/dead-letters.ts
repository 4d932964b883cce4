// Dead letters: from `dead` events, and from commands that send one of them again, to documents by position. The two may be read in
// either order, and each any number of times: both only add what they know.
import type { Collection } from 'mongodb';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { JobEvent } from '../schemas/event.ts';
import { positionText } from '../schemas/position.ts';
import type { Problem } from '../schemas/problem.ts';

/** What one record told of a dead letter. */
export type DeadLetterPart = Pick<DeadLetter, '_id'> & Partial<DeadLetter>;

export function deadLetterOf(event: JobEvent, eventOffset: number): DeadLetterPart {
  const { type, id, generation, attempt, key, at, worker, command } = event;
  const { code, detail } = JSON.parse(event.error ?? '{}') as Partial<Problem>;
  return {
    _id: positionText(command),
    ...{ type, id, generation, attempt, key, at, worker, command, eventOffset },
    ...{ code: code ?? '', detail: detail ?? '' },
  };
}

/** All of it is stored when it resolves, acknowledged by a majority. @throws what MongoDB says; repeating is harmless. */
export async function writeDeadLetters(letters: Collection<DeadLetter>, parts: DeadLetterPart[]): Promise<void> {
  if (parts.length === 0) return;
  await letters.bulkWrite(
    parts.map(({ _id, ...fields }) => ({ updateOne: { filter: { _id }, update: { $set: fields }, upsert: true } })),
    { ordered: false },
  );
}
