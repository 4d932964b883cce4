// What a partition's owner still has to see to after it recorded what became of a command: a timer is kept for a run that another
// command will bring, what follows a job that is over is appended, and what runs again in its place waits here. Until then the
// checkpoint stays before the event that says so, for a later owner has only that. One for each partition runner.
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { putsOff, timerOf } from './put-off-run.ts';
import { type RecoverTimersTools, recoverTimers } from './recover-timers.ts';
import type { Ownership } from './take-over.ts';
import type { Task } from './task.ts';

export type PutOffTools = RecoverTimersTools & { records: { topic: string } };

export type PutOffOptions = {
  stopped: () => boolean;
  /** What waited may run. */
  due: (task: Task) => void;
  failed: (error: unknown) => void;
};

export function createPutOff(
  tools: PutOffTools,
  place: { topic: string; partition: number },
  { stopped, due, failed }: PutOffOptions,
) {
  /** Offset of a command → of the event that must be read by a later owner. */
  const held = new Map<number, number>();
  /** Below zero, in place of an offset of a command: what the events before a fence may still tell. */
  let earlier = 0;
  let waiting: Task[] = [];

  return {
    /** After a takeover, and after a renewal: another may have been the owner in between, and gone before it was done. */
    begin({ again, eventsFrom: from, fence }: Ownership) {
      for (const [offset, { first }] of again) held.set(offset, first);
      const before = --earlier;
      held.set(before, from);
      recoverTimers(tools, place, { events: tools.records.topic, from, fence }, stopped).then(
        () => void held.delete(before),
        failed,
      );
    },

    /** An outcome, or that a command runs again in its place, is in the log at `eventOffset`. */
    recorded(event: JobEvent, eventOffset: number, traceparent: string | undefined) {
      const { offset } = event.command;
      if (event.inPlace) {
        if (!held.has(offset)) held.set(offset, eventOffset);
        return;
      }
      held.delete(offset);
      const seenTo = putsOff(event)
        ? tools.timers.keep(timerOf(event, tools.writeCommand, traceparent))
        : tools.follow(event, traceparent);
      if (seenTo === undefined) return;
      held.set(offset, eventOffset);
      seenTo.then(() => void held.delete(offset), failed);
    },

    /** First event that a later owner must read, where it may begin at `end` otherwise. */
    eventsFrom(end: number): number {
      let first = end;
      for (const eventOffset of held.values()) first = Math.min(first, eventOffset);
      return first;
    },

    /** True: the task waits here until it is due. */
    waits(task: Task): boolean {
      if (task.notBefore <= Date.now()) return false;
      waiting.push(task);
      return true;
    },

    /** What waits here and was cancelled need not wait. */
    hasten(is: (command: Command) => boolean) {
      for (const task of waiting) if (is(task.command)) task.notBefore = 0;
    },

    /** Called every 50 ms or so. */
    sweep() {
      if (waiting.length === 0) return;
      const now = Date.now();
      const over = waiting.filter(({ notBefore }) => notBefore <= now);
      if (over.length === 0) return;
      waiting = waiting.filter(({ notBefore }) => notBefore > now);
      for (const task of over) due(task);
    },
  };
}
