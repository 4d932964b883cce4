// One command of a partition from its claim to its recorded outcome: a duplicate is dropped, what is not due is put off, a
// killer of workers ends as a dead letter, anything else is run and its fate recorded. The partition runner calls it, in the
// order of the log.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Command } from '../schemas/command.ts';
import type { PersonalFields } from '../schemas/personal-fields.ts';
import { positionText } from '../schemas/position.ts';
import type { Cancels } from './cancels.ts';
import type { Claims } from './claims.ts';
import type { Gate } from './gate.ts';
import type { HandlerResult } from './handler-result.ts';
import type { OpenPersonal } from './open-personal.ts';
import { cancelled, deadAfterTakes, decide, type Fate, type PutOff } from './outcome.ts';
import type { Task } from './task.ts';

export type AttemptTools = {
  cancels: Pick<Cancels, 'has'>;
  claims: Claims;
  gate: Gate;
  jobs: ReadonlyMap<string, LoadedJob>;
  openPersonal: OpenPersonal;
};

/**
 * `stopped`: the partition is no longer ours. `run` never rejects for what the function does; `conclude` records what the
 * command came to, `retryInPlace` that it runs again.
 */
export type AttemptSteps = {
  stopped: () => boolean;
  run: (task: Task, job: LoadedJob) => Promise<HandlerResult>;
  conclude: (task: Task, fate: Fate) => Promise<void>;
  retryInPlace: (task: Task, putOff: PutOff & { kind: 'retrying' }) => Promise<void>;
};

/** `again`: the task has its next attempt before it, and when. */
export type AttemptEnd = 'over' | 'again';

/** A run that was put off is claimed by itself: to insert a claim costs MongoDB a tenth of handing one on. */
function claimId({ type, id, generation, attempt, after }: Command): string {
  const run = `${type}/${id}/${generation}.${attempt}`;
  return after === null ? run : `${run}@${positionText(after)}`;
}

export function createAttempts(
  { cancels, claims, gate, jobs, openPersonal }: AttemptTools,
  { topic, partition }: { topic: string; partition: number },
  { stopped, run, conclude, retryInPlace }: AttemptSteps,
) {
  /** Claims that are ours and have no outcome yet, each with the owner that it was made for. */
  const claimed = new Map<string, string>();

  async function runJob(task: Task, job: LoadedJob, over: () => void): Promise<AttemptEnd> {
    // The partition may have gone while this waited behind the gate.
    if (stopped()) return 'over';
    if (job.definition.personal !== null) {
      const fate = await open(task, job.definition.personal);
      if (stopped()) return 'over';
      if (fate !== undefined) {
        over();
        return end(task, fate);
      }
    }
    const result = await run(task, job);
    over();
    if (stopped()) return 'over';
    // Of the two that may come first, an end that went well and the wish for another one, the log has the first.
    if (!result.ok && cancels.has(task.command)) return end(task, cancelled);
    const { retry, ordered } = job.definition;
    const { attempt } = task.command;
    const fate = decide(result, { retry, attempt, now: Date.now(), random: Math.random() });
    if (fate.kind !== 'retrying' || !ordered) return end(task, fate);
    await retryInPlace(task, fate);
    task.command = { ...task.command, attempt: attempt + 1 };
    task.notBefore = fate.dueAt;
    return 'again';
  }

  /** Anew for each attempt: its subject may have been erased meanwhile. Undefined: it may run. */
  async function open(task: Task, personal: PersonalFields): Promise<Fate | undefined> {
    const { command, fate } = await openPersonal(personal, task.command, stopped);
    task.opened = command;
    return cancels.has(task.command) ? cancelled : fate;
  }

  async function end(task: Task, fate: Fate): Promise<AttemptEnd> {
    await conclude(task, fate);
    return 'over';
  }

  /** An attempt that was lost with its worker counts as one. */
  function runClaimed(task: Task, takes: number, over: () => void): Promise<AttemptEnd> {
    const job = jobs.get(task.command.type);
    if (takes > 1) task.command = { ...task.command, attempt: task.command.attempt + takes - 1 };
    if (job !== undefined && takes < deadAfterTakes - 1) return gate.run(() => runJob(task, job, over));
    if (job !== undefined && takes < deadAfterTakes) return gate.runAlone(() => runJob(task, job, over));
    over();
    if (job === undefined) {
      const detail = `This worker has no job type "${task.command.type}".`;
      return end(task, { kind: 'dead', code: 'unknown-job-type', detail });
    }
    const detail = `Its worker died ${takes - 1} times while the job ran.`;
    return end(task, { kind: 'dead', code: 'job-killed-its-worker', detail });
  }

  return {
    /**
     * Resolves when its outcome is in the log, or there is none to record, or its next attempt has to wait.
     * @param owner of the partition, whose claim it is. @param over told once the function is over, or not to be called
     * @throws FencedError
     */
    async attempt(task: Task, owner: string, over: () => void): Promise<AttemptEnd> {
      const { command, offset } = task;
      const id = claimId(command);
      const position = positionText({ topic, partition, offset });
      const claim = await claims.claim({ id, position, owner, digest: command.digest });
      if (stopped()) {
        if (claim.kind === 'mine') await claims.release([id], owner);
        return 'over';
      }
      if (claim.kind === 'duplicate') {
        over();
        const detail = 'Another payload came first under this id.';
        return claim.samePayload ? 'over' : end(task, { kind: 'rejected', code: 'id-conflict', detail });
      }
      if (cancels.has(command)) {
        over();
        return end(task, cancelled);
      }
      if (command.dueAt !== null && command.dueAt > Date.now()) {
        over();
        return end(task, { kind: 'scheduled', dueAt: command.dueAt });
      }
      claimed.set(id, owner);
      const ended = await runClaimed(task, claim.takes, over);
      if (!stopped()) claimed.delete(id);
      return ended;
    },

    /** Gives up in good order what has no outcome: it is not held against these jobs. */
    async release(): Promise<void> {
      const owners = Map.groupBy(claimed.keys(), (id) => claimed.get(id) ?? '');
      for (const [owner, ids] of owners) await claims.release(ids, owner);
    },
  };
}
