// Runs the commands of one partition while this process owns it: takes them in order, lets keys run in parallel, records one
// outcome each. It never blocks the poll loop, and what is recorded is all that a later owner needs. Made by the worker group.
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { FencedError } from '../platform/log-writer.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import { checkpointMetadata } from '../schemas/checkpoint.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import type { Admission } from './admission.ts';
import { type AttemptEnd, type AttemptTools, createAttempts } from './attempts.ts';
import { type ConcludeTools, createConclude } from './conclude.ts';
import { createDeletedUntaken } from './deleted-commands.ts';
import { createInHand, maxInHand } from './in-hand.ts';
import { type Arrival, createInbox } from './inbox.ts';
import { createKeyOrder } from './key-order.ts';
import { createPutOff, type PutOffTools } from './put-off.ts';
import { createRecorder, type RecorderTools } from './recorder.ts';
import { type Call, createRunning } from './running.ts';
import { createSlots } from './slots.ts';
import { type Task, taskOf } from './task.ts';
import { createTenure, type TenureTools } from './tenure.ts';

export type RunnerTools = TenureTools &
  RecorderTools &
  ConcludeTools &
  AttemptTools &
  PutOffTools & {
    /** Jobs at once in this partition. */
    concurrency: number;
    readCommand: (value: Buffer | null) => Command | Promise<Command>;
    admission: Admission;
    call: Call;
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

export function createPartitionRunner(
  tools: RunnerTools,
  place: { topic: string; partition: number },
  control: PartitionControl,
) {
  const { gate, log } = tools;
  const order = createKeyOrder<Task>();
  const { lost, fatal } = control;
  const tenure = createTenure(tools, place, { undone: () => inHand.undone(), renewed, lost, fatal });
  const recorder = createRecorder(tools, place, tenure.writer, stored);
  const deleted = createDeletedUntaken(log, place);
  const isStopped = () => stopped;
  const concluding = createConclude(tools, place, recorder, isStopped);
  const running = createRunning(tools.call, (...run) => void concluding.announce(...run).catch(failed));
  const attempts = createAttempts(tools, place, { stopped: isStopped, run: running.run, ...concluding });
  const putOff = createPutOff(tools, place, { stopped: isStopped, due: again, failed });
  const door = tools.admission.open(place.topic, admitted);
  const slots = createSlots(tools.concurrency, tools.load);
  const inbox = createInbox({ ...tools, room, accept, admitted: go, fatal: control.fatal });
  let inHand = createInHand(0);
  let bytes = 0;
  let woken = false;
  let received = 0;
  let eventsEnd = 0;
  let paused = true;
  let draining = false;
  let stopped = false;

  async function start(): Promise<void> {
    const taken = await tenure.begin();
    if (taken === undefined || stopped) return;
    const { from, fence, owner } = taken;
    inHand = createInHand(from);
    received = from;
    eventsEnd = fence + 1;
    putOff.begin(taken);
    paused = false;
    log.info({ ...place, from, fence, owner }, 'partition taken over');
    control.resume(received);
  }

  function take(messages: KafkaMessage[]) {
    if (stopped || draining) return;
    for (const message of messages) {
      const offset = Number(message.offset);
      if (offset < received) continue;
      received = offset + 1;
      inbox.push(message);
    }
    inbox.admit();
    go();
  }

  /**
   * Commands before `logStart` are gone from the log. True: some that were not taken here, so this owner must be put in
   * doubt. They may have run elsewhere; who still owns the partition after the doubt tells.
   */
  function begins(logStart: number): boolean {
    const owned = tenure.ownership;
    // A takeover looks by itself, and has not told yet from where on.
    if (stopped || owned === undefined || inHand.next < owned.from || logStart <= received) return false;
    deleted.note(received, logStart);
    received = logStart;
    return true;
  }

  function renewed() {
    if (tenure.ownership) deleted.tell(tenure.ownership);
    go();
  }

  function room() {
    return inHand.size < maxInHand && bytes < maxBytesInHand;
  }

  function accept({ message, command }: Arrival) {
    const offset = Number(message.offset);
    const done = tenure.ownership?.isDone(offset) ?? true;
    inHand.take(offset, done);
    if (done) return;
    if (command instanceof UndecodableError) return void concluding.unreadable(message, command).catch(failed);
    const task = taskOf(message, command, tenure.ownership?.again.get(offset));
    bytes += task.bytes;
    order.push(task);
  }

  /** Lets go what may start, and fetching go on or pause with what is waiting. */
  function go() {
    const { ownership } = tenure;
    if (stopped || draining || tenure.inDoubt || ownership === undefined) return;
    // Outcomes that wait for the log are held back too: a function may return much more than it was given.
    if (gate.open && ownership.writer.waiting.bytes < maxBytesInHand)
      for (const task of order.take(slots.free)) {
        if (putOff.waits(task) || door.waits(task)) wake();
        else attempts.attempt(task, ownership.owner, begin(task)).then((ended) => finish(task, ended), failed);
      }
    if (inbox.length > 0 && !paused) {
      paused = true;
      control.pause();
    } else if (paused && inbox.length === 0 && inHand.size <= maxInHand / 2 && bytes <= maxBytesInHand / 2) {
      paused = false;
      control.resume(received);
    }
  }

  /** Once for all that is over in one turn of the event loop. */
  function wake() {
    if (woken) return;
    woken = true;
    setImmediate(() => {
      woken = false;
      inbox.admit();
      go();
    });
  }

  /** Both in one step: a checkpoint must never name a command as undone and point behind its outcome. */
  function stored(event: JobEvent, eventOffset: number, traceparent: string | undefined) {
    if (!event.inPlace) inHand.done(event.command.offset);
    eventsEnd = Math.max(eventsEnd, eventOffset + 1);
    putOff.recorded(event, eventOffset, traceparent);
  }

  /** Returns how to say that its function is over. */
  function begin(task: Task) {
    const free = slots.take(wake);
    return () => {
      free();
      door.over(task);
    };
  }

  function finish(task: Task, ended: AttemptEnd) {
    if (stopped) return;
    if (ended === 'again') again(task);
    else {
      inHand.done(task.offset);
      bytes -= task.bytes;
      order.release(task.key);
    }
    slots.end();
    wake();
  }

  /** Its next attempt: its key waits for it. */
  function again(task: Task) {
    task.startedAt = null;
    admitted(task);
  }

  /** What waited for a limit, or until its queue goes on, may begin. */
  function admitted(task: Task) {
    order.again(task);
    wake();
  }

  /** Fenced or stopped: what is in hand is the next owner's. Anything else is a fault of ours. */
  function failed(error: unknown) {
    if (!stopped && !(error instanceof FencedError)) control.fatal(error);
  }

  return {
    ...place,
    start,
    take,
    begins,
    go,
    hold: tenure.hold,
    confirm: tenure.confirm,
    /** These jobs are to end. */
    cancel(is: (command: Command) => boolean) {
      running.cancel(is);
      putOff.hasten(is);
    },
    sweep(now: number) {
      running.sweep(now);
      tenure.sweep(now);
      putOff.sweep();
    },
    get received() {
      return received;
    },
    /** Is it expected to take nothing right now? */
    get busy() {
      return paused || draining || stopped;
    },
    /** What to commit now; undefined: nothing that a later owner may rely on. */
    checkpoint() {
      // In doubt, what another owner has committed meanwhile would be taken back.
      if (tenure.ownership === undefined || stopped || tenure.inDoubt) return undefined;
      // Where commands were deleted nobody takes them.
      if (inbox.length === 0) inHand.passTo(received);
      if (inHand.next < tenure.ownership.horizon) return undefined;
      const { producerId } = tenure.ownership.writer.identity;
      const checkpoint = { ...inHand.checkpoint(putOff.eventsFrom(eventsEnd)), producerId };
      const metadata = checkpointMetadata(checkpoint);
      return metadata === undefined ? undefined : { ...place, offset: String(checkpoint.offset), metadata };
    },

    /** Starts nothing new and waits until what runs has its outcome, at most `deadline` milliseconds. */
    async drain(deadline: number): Promise<void> {
      draining = true;
      inbox.close();
      await Promise.race([slots.whenQuiet(), delay(deadline, undefined, { ref: false })]);
    },

    /** The partition is no longer ours: what runs is aborted, its claims are taken back, nothing more is written. */
    async stop(): Promise<void> {
      if (stopped) return;
      stopped = true;
      slots.close();
      door.close();
      inbox.close();
      running.abortAll();
      await tenure.close();
      await attempts.release();
    },
  };
}
