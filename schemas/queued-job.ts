// The status of a job of which only the command is known: what a PUT answers, and what the projections begin with.
import type { Command } from './command.ts';
import { type JobDocument, jobKey } from './job-status.ts';
import type { Position } from './position.ts';

export function queuedJob(command: Command, position: Position): JobDocument {
  const { type, id, key, generation, attempt, digest, submittedAt, dueAt, options } = command;
  return {
    _id: jobKey(type, id),
    ...{ type, id, key, generation, attempt, digest, dueAt, options },
    state: dueAt === null ? 'queued' : 'scheduled',
    createdAt: submittedAt,
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    updatedAt: submittedAt,
    result: null,
    error: null,
    worker: null,
    progress: null,
    command: position,
    eventOffset: -1,
  };
}
