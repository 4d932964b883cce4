// Which commands in hand of a partition begin, and when: in the order of their keys, once they are due and admitted, as far as the slots
// go that the lanes share. The partition runner has one.
import { laneOf } from '../schemas/topics.ts';
import type { Admission } from './admission.ts';
import type { Gate } from './gate.ts';
import { createKeyOrder } from './key-order.ts';
import type { LaneSlots } from './lane-slots.ts';
import { createSlots } from './slots.ts';
import type { Ownership } from './take-over.ts';
import type { Task } from './task.ts';

export type StartsTools = {
  admission: Admission;
  gate: Gate;
  load: { active: number };
  /** Of a partition, whichever lane it is of. */
  slots: (topic: string, partition: number) => LaneSlots;
};

/**
 * `term`: in which something may start now. `waits`: the task is not due, and comes back by `again`. `run` is told how to say that the
 * function is over. `turn`: something was over, here or in another lane.
 */
export type StartsSteps = {
  term: () => Ownership | undefined;
  waits: (task: Task) => boolean;
  run: (task: Task, owner: string, over: () => void) => void;
  turn: () => void;
};

/** Outcomes that wait for the log hold new calls back too: a function may return much more than it was given. */
const maxBytesWaiting = 16 * 2 ** 20;

export function createStarts(
  { admission, gate, load, slots: slotsOf }: StartsTools,
  { topic, partition }: { topic: string; partition: number },
  { term, waits, run, turn }: StartsSteps,
) {
  const order = createKeyOrder<Task>();
  const door = admission.open(topic, again);
  const slots = createSlots(slotsOf(topic, partition).join(laneOf(topic).lane, { ready, go: turn }), load);

  const mayStart = ({ writer }: Ownership) => gate.open && writer.waiting.bytes < maxBytesWaiting;

  /** How many would start if there were slots for them. */
  function ready(): number {
    if (order.ready === 0) return 0;
    const ownership = term();
    return ownership !== undefined && mayStart(ownership) ? order.ready : 0;
  }

  function again(task: Task) {
    order.again(task);
    slots.wake();
  }

  function begin(task: Task, owner: string) {
    const free = slots.take();
    run(task, owner, () => {
      free();
      door.over(task);
    });
  }

  return {
    push: order.push,
    /** How much of what is in hand could begin if there were slots for it: see the fair queue. */
    get demand() {
      return order.demand;
    },
    /** May something that comes later in the log begin before what waits here? */
    get mayReadAhead() {
      return !door.isPaused();
    },
    /** One that was taken may start again: its key waits for it. */
    again,
    /** Lets go what may start. */
    go() {
      // Asked far more often than there is something.
      if (order.ready === 0) return;
      const ownership = term();
      if (ownership === undefined || !mayStart(ownership)) return;
      for (const task of order.take(slots.free)) {
        if (waits(task) || door.waits(task)) slots.wake();
        else begin(task, ownership.owner);
      }
    },
    /** The outcome of one is in the log, or it waits for its next attempt. `released`: the next call of its key may start. */
    ended(task: Task, released: boolean) {
      if (released) order.release(task.key);
      slots.end();
      slots.wake();
    },
    whenQuiet: slots.whenQuiet,
    /** The partition is no longer ours. */
    close() {
      slots.close();
      door.close();
    },
  };
}
