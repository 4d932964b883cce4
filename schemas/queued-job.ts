// The status of a job of which only the command is known: what a PUT answers, and what the projections begin with.
import type { Command } from './command.ts';
import { type JobDocument, jobKey, type Position } from './job-status.ts';

export function queuedJob(command: Command, position: Position): JobDocument {
  const { type, id, key, generation, attempt, digest, submittedAt } = command;
  return {
    _id: jobKey(type, id),
    ...{ type, id, key, generation, attempt, digest },
    state: 'queued',
    createdAt: submittedAt,
    startedAt: null,
    finishedAt: null,
    updatedAt: submittedAt,
    result: null,
    error: null,
    worker: null,
    command: position,
    eventOffset: -1,
  };
}
