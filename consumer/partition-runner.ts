// Runs the commands of one partition while this process owns it: takes them in order, lets keys run in parallel, claims,
// calls the function, and records one outcome each. It never blocks the poll loop, and what it has recorded is all that a
// later owner needs. Called by the worker group.
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { FencedError } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { Command } from '../schemas/command.ts';
import { positionText } from '../schemas/job-status.ts';
import type { Claims } from './claims.ts';
import type { Gate } from './gate.ts';
import { checkpointMetadata, createInHand, maxInHand } from './in-hand.ts';
import { type Arrival, createInbox } from './inbox.ts';
import { createKeyOrder } from './key-order.ts';
import { deadAfterTakes, decide, type Outcome } from './outcome.ts';
import { createRecorder, type RecorderTools } from './recorder.ts';
import { type Call, createRunning, type Task } from './running.ts';
import { type Ownership, type TakeOverTools, takeOver } from './take-over.ts';

export type RunnerTools = TakeOverTools &
  RecorderTools & {
    claims: Claims;
    gate: Gate;
    /** Jobs at once in this partition. */
    concurrency: number;
    readCommand: (value: Buffer | null) => Command | Promise<Command>;
    writeCommand: (command: Command) => Buffer;
    call: Call;
    jobs: ReadonlyMap<string, LoadedJob>;
  };

export type PartitionControl = {
  pause: () => void;
  /** Fetching goes on at `offset`. */
  resume: (offset: number) => void;
  /** The writer was fenced: the partition must be taken over anew, if it is still ours. */
  lost: (error: Error) => void;
  /** A fault of our own: the process must end. */
  fatal: (error: unknown) => void;
};

export type PartitionRunner = ReturnType<typeof createPartitionRunner>;

/** Bytes of commands in hand above which nothing more is taken. */
const maxBytesInHand = 16 * 2 ** 20;

const claimId = ({ type, id, generation, attempt }: Command) => `${type}/${id}/${generation}.${attempt}`;

export function createPartitionRunner(
  tools: RunnerTools,
  place: { topic: string; partition: number },
  control: PartitionControl,
) {
  const { claims, gate, load, log } = tools;
  const order = createKeyOrder<Task>();
  const running = createRunning(tools.call, announce);
  const recorder = createRecorder(tools, place, () => ownership?.writer, stored);
  const inbox = createInbox({ ...tools, room, accept, admitted: go, fatal: control.fatal });
  /** Claims that are ours and have no outcome yet. */
  const claimed = new Set<string>();
  let inHand = createInHand(0);
  let ownership: Ownership | undefined;
  let bytes = 0;
  let active = 0;
  let received = 0;
  let eventsEnd = 0;
  let paused = true;
  let draining = false;
  let stopped = false;
  let quiet: (() => void) | undefined;

  async function start(): Promise<void> {
    try {
      ownership = await persist(() => takeOver(tools, place, (error) => stopped || control.lost(error)), {
        ...{ log, what: `take ${place.topic}/${place.partition} over` },
        givenUp: () => stopped,
      });
    } catch (error) {
      // Given up in the meantime, or fenced and told so: what kept it from starting matters to nobody any more.
      if (stopped) return;
      throw error;
    }
    if (stopped) return ownership.writer.close(0);
    inHand = createInHand(ownership.from);
    received = ownership.from;
    eventsEnd = ownership.fence + 1;
    paused = false;
    const { from, fence, owner } = ownership;
    log.info({ ...place, from, fence, owner }, 'partition taken over');
    control.resume(received);
  }

  function take(messages: KafkaMessage[]) {
    if (ownership === undefined || draining) return;
    for (const message of messages) {
      const offset = Number(message.offset);
      if (offset < received) continue;
      received = offset + 1;
      inbox.push(message);
    }
    inbox.admit();
    go();
  }

  function room() {
    return inHand.size < maxInHand && bytes < maxBytesInHand;
  }

  function accept({ message, command }: Arrival) {
    const offset = Number(message.offset);
    const done = ownership?.isDone(offset) ?? true;
    inHand.take(offset, done);
    if (done) return;
    if (command instanceof UndecodableError) {
      const outcome = { kind: 'dead', code: 'record-undecodable', detail: command.message } as const;
      const original = message.value ?? Buffer.alloc(0);
      recorder.outcome({ ...outcome, original }, undefined, { offset, startedAt: null }).catch(failed);
      return;
    }
    const header = message.headers?.traceparent;
    const size = message.value?.length ?? 0;
    bytes += size;
    const traceparent = header === undefined ? undefined : String(header);
    order.push({ offset, key: command.key, bytes: size, command, traceparent, startedAt: null });
  }

  /** Lets go what may start, and fetching go on or pause with what is waiting. */
  function go() {
    if (stopped || draining) return;
    if (gate.open)
      for (const task of order.take(tools.concurrency - active)) {
        active++;
        load.active++;
        begin(task).catch(failed);
      }
    if (inbox.length > 0 && !paused) {
      paused = true;
      control.pause();
    } else if (paused && inbox.length === 0 && inHand.size <= maxInHand / 2 && bytes <= maxBytesInHand / 2) {
      paused = false;
      control.resume(received);
    }
  }

  async function begin(task: Task): Promise<void> {
    if (ownership === undefined) return;
    const { command, offset } = task;
    const position = positionText({ ...place, offset });
    const { owner } = ownership;
    const id = claimId(command);
    const claim = await claims.claim({ id, position, owner, digest: command.digest });
    if (stopped) return claim.kind === 'mine' ? claims.release([id], owner) : undefined;
    if (claim.kind === 'mine') {
      claimed.add(id);
      await runClaimed(task, claim.takes);
      if (!stopped) claimed.delete(id);
    } else if (!claim.samePayload)
      await conclude(task, {
        kind: 'rejected',
        code: 'id-conflict',
        detail: 'Another payload came first under this id.',
      });
    if (!stopped) finish(task);
  }

  async function runClaimed(task: Task, takes: number): Promise<void> {
    const { command } = task;
    const job = tools.jobs.get(command.type);
    const dead = (code: 'unknown-job-type' | 'job-killed-its-worker', detail: string) =>
      conclude(task, { kind: 'dead', code, detail, original: tools.writeCommand(command) });
    if (job === undefined) return dead('unknown-job-type', `This worker has no job type "${command.type}".`);
    if (takes >= deadAfterTakes)
      return dead('job-killed-its-worker', `Its worker died ${takes - 1} times while the job ran.`);
    const work = async () => {
      // The partition may have gone while this waited behind the gate.
      if (stopped) return;
      const result = await running.run(task, job);
      if (!stopped) await conclude(task, decide(result));
    };
    await (takes === deadAfterTakes - 1 ? gate.runAlone(work) : gate.run(work));
  }

  const conclude = (task: Task, outcome: Outcome) => recorder.outcome(outcome, task.command, task, task.traceparent);

  /** Both in one step: a checkpoint must never name a command as undone and point behind its outcome. */
  function stored(offset: number, eventOffset: number) {
    inHand.done(offset);
    eventsEnd = Math.max(eventsEnd, eventOffset + 1);
  }

  function announce(task: Task, startedAt: number) {
    recorder.started(task.command, { offset: task.offset, startedAt }, task.traceparent).catch(failed);
  }

  function finish(task: Task) {
    inHand.done(task.offset);
    bytes -= task.bytes;
    active--;
    load.active--;
    order.release(task.key);
    if (active === 0) quiet?.();
    inbox.admit();
    go();
  }

  /** Fenced or stopped: what is in hand is the next owner's. Anything else is a fault of ours. */
  function failed(error: unknown) {
    if (!stopped && !(error instanceof FencedError)) control.fatal(error);
  }

  return {
    ...place,
    start,
    take,
    go,
    sweep: running.sweep,
    get received() {
      return received;
    },
    /** What to commit now; undefined: nothing that a later owner may rely on. */
    checkpoint() {
      if (ownership === undefined || stopped) return undefined;
      const checkpoint = inHand.checkpoint(eventsEnd);
      const metadata = checkpointMetadata(checkpoint);
      return metadata === undefined ? undefined : { ...place, offset: String(checkpoint.offset), metadata };
    },

    /** Starts nothing new and waits until what runs has its outcome, at most `deadline` milliseconds. */
    async drain(deadline: number): Promise<void> {
      draining = true;
      inbox.close();
      if (active === 0) return;
      const done = new Promise<void>((resolve) => {
        quiet = resolve;
      });
      await Promise.race([done, delay(deadline, undefined, { ref: false })]);
    },

    /** The partition is no longer ours: what runs is aborted, its claims are taken back, nothing more is written. */
    async stop(): Promise<void> {
      if (stopped) return;
      stopped = true;
      load.active -= active;
      inbox.close();
      running.abortAll();
      if (ownership === undefined) return;
      await ownership.writer.close(0);
      await claims.release([...claimed], ownership.owner);
    },
  };
}
