// What an event tells of its job, as the job's status. Pure. The projections fold it, and whoever is told of a job's end reads it.
import { type JobEvent, terminalKinds } from './event.ts';
import { type JobDocument, jobKey } from './job-status.ts';
import { stateAfter } from './transitions.ts';

/** Undefined: the event tells nothing of a job's state (a rejected duplicate, a record that nobody could read). */
export function jobOfEvent(event: JobEvent, offset: number): JobDocument | undefined {
  if (event.kind === 'rejected' || event.type === '') return undefined;
  const { type, id, key, generation, attempt, digest, startedAt, at, result, ...rest } = event;
  const { error, worker, command, dueAt, progress, options } = rest;
  return {
    _id: jobKey(type, id),
    ...{
      type,
      id,
      key,
      generation,
      attempt,
      digest,
      startedAt,
      result,
      error,
      worker,
      command,
      dueAt,
      progress,
      options,
    },
    state: stateAfter[event.kind],
    createdAt: event.submittedAt,
    finishedAt: terminalKinds.has(event.kind) ? at : null,
    expiresAt: null,
    updatedAt: at,
    eventOffset: offset,
  };
}
