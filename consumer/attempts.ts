// One command of a partition from its claim to its recorded outcome: a duplicate is dropped, a killer of workers ends as a
// dead letter, anything else is run and its fate recorded. The partition runner calls it, in the order of the log.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Command } from '../schemas/command.ts';
import { positionText } from '../schemas/job-status.ts';
import type { Claims } from './claims.ts';
import type { Gate } from './gate.ts';
import type { HandlerResult } from './handler-result.ts';
import { deadAfterTakes, decide, type Fate } from './outcome.ts';
import type { Task } from './running.ts';

export type AttemptTools = {
  claims: Claims;
  gate: Gate;
  jobs: ReadonlyMap<string, LoadedJob>;
};

/** `stopped`: the partition is no longer ours. `run` never rejects for what the function does; `conclude` records. */
export type AttemptSteps = {
  stopped: () => boolean;
  run: (task: Task, job: LoadedJob) => Promise<HandlerResult>;
  conclude: (task: Task, fate: Fate) => Promise<void>;
};

const claimId = ({ type, id, generation, attempt }: Command) => `${type}/${id}/${generation}.${attempt}`;

export function createAttempts(
  { claims, gate, jobs }: AttemptTools,
  { topic, partition }: { topic: string; partition: number },
  { stopped, run, conclude }: AttemptSteps,
) {
  /** Claims that are ours and have no outcome yet, each with the owner that it was made for. */
  const claimed = new Map<string, string>();

  async function runJob(task: Task, job: LoadedJob, over: () => void): Promise<void> {
    // The partition may have gone while this waited behind the gate.
    if (stopped()) return;
    const result = await run(task, job);
    over();
    if (!stopped()) await conclude(task, decide(result));
  }

  function runClaimed(task: Task, takes: number, over: () => void): Promise<void> {
    const job = jobs.get(task.command.type);
    if (job !== undefined && takes < deadAfterTakes - 1) return gate.run(() => runJob(task, job, over));
    if (job !== undefined && takes < deadAfterTakes) return gate.runAlone(() => runJob(task, job, over));
    over();
    if (job === undefined) {
      const detail = `This worker has no job type "${task.command.type}".`;
      return conclude(task, { kind: 'dead', code: 'unknown-job-type', detail });
    }
    const detail = `Its worker died ${takes - 1} times while the job ran.`;
    return conclude(task, { kind: 'dead', code: 'job-killed-its-worker', detail });
  }

  return {
    /**
     * Resolves when its outcome is in the log, or there is none to record.
     * @param owner of the partition, whose claim it is. @param over told once the function is over, or not to be called
     * @throws FencedError
     */
    async attempt(task: Task, owner: string, over: () => void): Promise<void> {
      const { command, offset } = task;
      const id = claimId(command);
      const position = positionText({ topic, partition, offset });
      const claim = await claims.claim({ id, position, owner, digest: command.digest });
      if (stopped()) return claim.kind === 'mine' ? claims.release([id], owner) : undefined;
      if (claim.kind === 'mine') {
        claimed.set(id, owner);
        await runClaimed(task, claim.takes, over);
        if (!stopped()) claimed.delete(id);
        return;
      }
      over();
      const detail = 'Another payload came first under this id.';
      if (!claim.samePayload) await conclude(task, { kind: 'rejected', code: 'id-conflict', detail });
    },

    /** Gives up in good order what has no outcome: it is not held against these jobs. */
    async release(): Promise<void> {
      const owners = Map.groupBy(claimed.keys(), (id) => claimed.get(id) ?? '');
      for (const [owner, ids] of owners) await claims.release(ids, owner);
    },
  };
}
