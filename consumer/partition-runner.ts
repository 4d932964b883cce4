// Runs the commands of one partition while this process owns it: takes them in order, lets keys run in parallel, records one
// outcome each. It never blocks the poll loop, and what is recorded is all that a later owner needs. Made by the worker group.
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import { FencedError } from '../platform/fenced-error.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { type AttemptEnd, type AttemptTools, createAttempts } from './attempts.ts';
import { type ConcludeTools, createConclude } from './conclude.ts';
import { createDeletedUntaken } from './deleted-commands.ts';
import { createInHand } from './in-hand.ts';
import { type Arrival, createInbox } from './inbox.ts';
import { createMarks, type MarksTools } from './marks.ts';
import { createPutOff, type PutOffTools } from './put-off.ts';
import type { ReadAhead } from './read-ahead.ts';
import { createRecorder, type RecorderTools } from './recorder.ts';
import { type Call, createRunning } from './running.ts';
import { createStarts, type StartsTools } from './starts.ts';
import { type Task, taskOf } from './task.ts';
import { createTenure, type TenureTools } from './tenure.ts';

export type RunnerTools = TenureTools &
  RecorderTools &
  ConcludeTools &
  AttemptTools &
  PutOffTools &
  MarksTools &
  StartsTools & {
    readCommand: (value: Buffer | null) => Command | Promise<Command>;
    call: Call;
    ahead: ReadAhead;
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

export function createPartitionRunner(
  tools: RunnerTools,
  place: { topic: string; partition: number },
  control: PartitionControl,
) {
  const { log } = tools;
  const tenure = createTenure(tools, place, { ...control, undone: () => inHand.undone(), renewed });
  const recorder = createRecorder(tools, place, tenure.writer, stored);
  const deleted = createDeletedUntaken(log, place);
  const isStopped = () => stopped;
  const concluding = createConclude(tools, place, recorder, isStopped);
  const running = createRunning(tools.call, (...run) => void concluding.announce(...run).catch(failed));
  const attempts = createAttempts(tools, place, { stopped: isStopped, run: running.run, ...concluding });
  const putOff = createPutOff(tools, place, { stopped: isStopped, due: again, failed });
  const marks = createMarks(tools, place, tenure.writer, { marked: recordedTo, failed });
  const starts = createStarts(tools, place, { term, waits: putOff.waits, run, turn });
  const ahead = tools.ahead.open({ demand: () => starts.demand, may: () => starts.mayReadAhead });
  const room = () => ahead.room(inHand.size, bytes);
  const inbox = createInbox({ ...tools, room, accept, admitted: go, fatal: control.fatal });
  let inHand = createInHand(0);
  let bytes = 0;
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
    recordedTo(fence + 1);
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
    const { ownership } = tenure;
    if (ownership === undefined) return;
    deleted.tell(ownership);
    putOff.begin(ownership);
    go();
  }

  function accept({ message, command }: Arrival) {
    const offset = Number(message.offset);
    const done = tenure.ownership?.isDone(offset) ?? true;
    inHand.take(offset, done);
    if (done) return;
    if (command instanceof UndecodableError) return void concluding.unreadable(message, command).catch(failed);
    const task = taskOf(message, command, tenure.ownership?.again.get(offset));
    bytes += task.bytes;
    starts.push(task);
  }

  /** The term in which something may start now. */
  function term() {
    if (stopped || draining || tenure.inDoubt) return undefined;
    return tenure.ownership;
  }

  /** Lets go what may start, and fetching go on or pause with what is waiting. */
  function go() {
    if (stopped || draining || tenure.ownership === undefined) return;
    // In doubt too: what waits can wait in the log.
    if (inbox.length > 0 && !paused) control.pause();
    paused ||= inbox.length > 0;
    if (tenure.inDoubt) return;
    starts.go();
    if (paused && inbox.length === 0 && ahead.room(inHand.size, bytes, 0.5)) {
      paused = false;
      control.resume(received);
    }
  }

  /** After something was over, here or in another lane. */
  function turn() {
    inbox.admit();
    go();
  }

  /** Both in one step: a checkpoint must never name a command as undone and point behind its outcome. */
  function stored(event: JobEvent, eventOffset: number, traceparent: string | undefined) {
    if (!event.inPlace) inHand.done(event.command.offset);
    recordedTo(eventOffset + 1);
    putOff.recorded(event, eventOffset, traceparent);
  }

  /** Whatever this owner records from now on stands at `end` or behind it. */
  function recordedTo(end: number) {
    eventsEnd = Math.max(eventsEnd, end);
    tools.eventEnds.saw(place.partition, eventsEnd);
  }

  function run(task: Task, owner: string, over: () => void) {
    attempts.attempt(task, owner, over).then((ended) => finish(task, ended), failed);
  }

  function finish(task: Task, ended: AttemptEnd) {
    if (stopped) return;
    const released = ended !== 'again';
    if (released) {
      inHand.done(task.offset);
      bytes -= task.bytes;
    } else again(task);
    starts.ended(task, released);
  }

  /** Its next attempt: its key waits for it. */
  function again(task: Task) {
    task.startedAt = null;
    starts.again(task);
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
      const { ownership } = tenure;
      // In doubt, what another owner has committed meanwhile would be taken back.
      if (ownership === undefined || stopped || tenure.inDoubt) return undefined;
      marks.look(eventsEnd);
      // Where commands were deleted nobody takes them.
      if (inbox.length === 0) inHand.passTo(received);
      if (inHand.next < ownership.horizon) return undefined;
      const { producerId } = ownership.writer.identity;
      const due = marks.commit({ ...inHand.checkpoint(putOff.eventsFrom(eventsEnd)), producerId });
      return due && { ...place, ...due };
    },

    /** Starts nothing new and waits until what runs has its outcome, at most `deadline` milliseconds. */
    async drain(deadline: number): Promise<void> {
      draining = true;
      inbox.close();
      await Promise.race([starts.whenQuiet(), delay(deadline, undefined, { ref: false })]);
    },

    /** The partition is no longer ours: what runs is aborted, its claims are taken back, nothing more is written. */
    async stop(): Promise<void> {
      if (stopped) return;
      stopped = true;
      starts.close();
      ahead.close();
      inbox.close();
      running.abortAll();
      await tenure.close();
      await attempts.release();
    },
  };
}
