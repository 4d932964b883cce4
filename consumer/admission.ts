// Which commands of a worker may begin now: those of a queue that is paused wait, and those of a type that has as many running, or
// begun, as its limit allows. They wait here and hold up nobody else; what is cancelled need not wait. One for a worker, with a door
// for each partition runner.
import type { Command } from '../schemas/command.ts';
import type { Limit } from '../schemas/limit.ts';
import { laneOf, lanes } from '../schemas/topics.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import type { Lease, LimitLeases } from './limit-leases.ts';
import { createTokens, sharedConcurrency, sharedRate } from './limit-share.ts';
import type { Task } from './task.ts';

export type AdmissionTools = {
  isPaused: (topic: string) => boolean;
  /** Of a type; undefined: it has none. */
  limitOf: (type: string) => Limit | undefined;
  /** Partitions of the queue of a type that this worker owns. */
  owned: (type: string) => readonly number[];
  /** Of each queue. */
  partitions: number;
  leases: Pick<LimitLeases, 'want' | 'take' | 'give'>;
  isCancelled: (command: Command) => boolean;
};

type Waiting = { tenant: string; task: Task; door: object; again: (task: Task) => void };
type Admitted = { type: string; door: object; lease: Lease | undefined };

/** By lane, the most urgent first; in each the callers take turns. */
type OfType = {
  waiting: FairQueue<Waiting>[];
  admitted: number;
  running: number;
  tokens: ReturnType<typeof createTokens>;
};

/** Of so many that are admitted one is of another lane than the most urgent, so that none is starved. */
const turnOfOthers = 20;

export type Admission = ReturnType<typeof createAdmission>;

export function createAdmission({ isPaused, limitOf, owned, partitions, leases, isCancelled }: AdmissionTools) {
  const types = new Map<string, OfType>();
  const admitted = new Map<Task, Admitted>();
  /** By topic. */
  const paused = new Map<string, Waiting[]>();

  function ofType(type: string): OfType {
    const none = { waiting: lanes.map(() => createFairQueue<Waiting>()), admitted: 0, running: 0 };
    const known = types.get(type) ?? { ...none, tokens: createTokens(performance.now()) };
    types.set(type, known);
    return known;
  }

  /** Where the next one waits; undefined: nowhere. */
  function nextLane({ waiting, admitted: count }: OfType): FairQueue<Waiting> | undefined {
    const [first, ...others] = waiting.filter(({ length }) => length > 0);
    if (count % turnOfOthers < turnOfOthers - 1 || others.length === 0) return first;
    return others[Math.floor(count / turnOfOthers) % others.length];
  }

  /** True: it counts as running from now on. */
  function admit(task: Task, door: object, limit: Limit): boolean {
    const { type } = task.command;
    const state = ofType(type);
    const { concurrency, perSecond } = limit;
    const rate = perSecond === undefined ? undefined : sharedRate(perSecond, owned(type), partitions);
    if (rate !== undefined && !state.tokens.has(rate, performance.now())) return false;
    let lease: Lease | undefined;
    if (concurrency !== undefined && concurrency < partitions) {
      lease = leases.take(type, concurrency);
      if (lease === undefined) return false;
    } else if (concurrency !== undefined && state.running >= sharedConcurrency(concurrency, owned(type), partitions))
      return false;
    if (rate !== undefined) state.tokens.take();
    state.running++;
    state.admitted++;
    admitted.set(task, { type, door, lease });
    return true;
  }

  function end(task: Task, { type, lease }: Admitted) {
    admitted.delete(task);
    ofType(type).running--;
    if (lease !== undefined) leases.give(type, lease);
  }

  /** Lets in what may begin: the most urgent first, and of those the oldest of each caller in turn. */
  function advance(type: string, state: OfType) {
    const limit = limitOf(type);
    const isFree = ({ task, door }: Waiting) => limit === undefined || admit(task, door, limit);
    for (let lane = nextLane(state); lane !== undefined; lane = nextLane(state)) {
      const first = lane.peek();
      if (first === undefined || !isFree(first)) break;
      lane.take(1);
      first.again(first.task);
    }
    const left = state.waiting.reduce((sum, { length }) => sum + length, 0);
    if (limit?.concurrency !== undefined && limit.concurrency < partitions) leases.want(type, limit.concurrency, left);
    else leases.want(type, 0, 0);
  }

  /** Lets in those that are free; the others wait on, in their order. */
  function release(waiting: Waiting[], isFree: (one: Waiting) => boolean): Waiting[] {
    const free = waiting.filter(isFree);
    if (free.length === 0) return waiting;
    const rest = waiting.filter((one) => !free.includes(one));
    for (const { task, again } of free) again(task);
    return rest;
  }

  const isOver = ({ task }: Waiting) => isCancelled(task.command);

  function sweep() {
    for (const [topic, waiting] of [...paused]) {
      paused.delete(topic);
      const rest = release(waiting, isPaused(topic) ? isOver : () => true);
      if (rest.length > 0) paused.set(topic, rest);
    }
    for (const [type, state] of types) {
      for (const lane of state.waiting) for (const { task, again } of lane.takeIf(isOver)) again(task);
      advance(type, state);
    }
  }

  return {
    /** @param again told of a task that waited and may begin: `waits` is asked once more then. */
    open(topic: string, again: (task: Task) => void) {
      const door = {};
      const rank = lanes.indexOf(laneOf(topic).lane);
      return {
        /** True: the task waits here. Otherwise it counts as running until `over`. */
        waits(task: Task): boolean {
          if (isCancelled(task.command)) return false;
          const waiting = { tenant: task.tenant, task, door, again };
          const before = admitted.get(task);
          if (isPaused(topic)) {
            if (before !== undefined) end(task, before);
            const others = paused.get(topic);
            if (others === undefined) paused.set(topic, [waiting]);
            else others.push(waiting);
            return true;
          }
          if (before !== undefined) return false;
          const { type } = task.command;
          const limit = limitOf(type);
          if (limit === undefined) return false;
          const state = ofType(type);
          if (nextLane(state) === undefined && admit(task, door, limit)) return false;
          state.waiting[rank]?.push(waiting);
          return true;
        },

        /** Its function is over, or was never called. */
        over(task: Task) {
          const before = admitted.get(task);
          if (before === undefined) return;
          end(task, before);
          advance(before.type, ofType(before.type));
        },

        isPaused: () => isPaused(topic),

        /** The partition is no longer ours. */
        close() {
          for (const [task, one] of admitted) if (one.door === door) end(task, one);
          for (const { waiting } of types.values()) for (const lane of waiting) lane.takeIf((one) => one.door === door);
          for (const [name, waiting] of paused)
            paused.set(
              name,
              waiting.filter((one) => one.door !== door),
            );
        },
      };
    },
    /** Called every 50 ms or so, and when a setting has changed. */
    sweep,
  };
}
