// The slots of one partition of a queue, which its lanes share: what is urgent goes first, and what is not is never starved. One for
// each queue and partition that a worker owns; the runner of each lane has a share of it. No I/O.
import { type Lane, laneOf, lanes } from '../schemas/topics.ts';

/** `ready`: how many of its calls may start now. `go`: starts as many as are free for it. */
export type LaneWork = { ready: () => number; go: () => void };

export type LaneSlots = ReturnType<typeof createLaneSlots>;
export type LaneShare = ReturnType<LaneSlots['join']>;

/** This part of the slots, one at least, is kept for each lower lane as long as it has something ready. */
const kept = 0.05;
/** With fewer slots nothing would be left for what is urgent: each lower lane has one start of twenty instead. */
const fewSlots = 4;

export function createLaneSlots(concurrency: number, later: (wake: () => void) => unknown = setImmediate) {
  const reserve = concurrency < fewSlots ? 0 : Math.ceil(concurrency * kept);
  /** The most urgent first; `passed`: starts of others since this one had something ready and did not get a slot. */
  let members: (LaneWork & { rank: number; taken: number; passed: number })[] = [];
  let woken = false;
  type Member = (typeof members)[number];

  /** What a lane that others go before has a right to all the same. */
  function due({ rank, taken, passed, ready }: Member): number {
    if (rank === 0) return 0;
    const right = reserve > 0 ? Math.max(0, reserve - taken) : Number(passed >= 1 / kept - 1);
    return right === 0 ? 0 : Math.min(right, ready());
  }

  function freeFor(one: Member): number {
    let left = concurrency;
    for (const { taken } of members) left -= taken;
    if (left <= 0) return 0;
    const right = Math.min(left, due(one));
    for (const other of members)
      if (other.rank < one.rank) left -= other.ready();
      else if (other.rank > one.rank) left -= due(other);
    return Math.max(right, left);
  }

  function took(one: Member) {
    one.taken++;
    one.passed = 0;
    // Where slots are kept nobody counts.
    if (reserve === 0) for (const other of members) if (other.rank > one.rank && other.ready() > 0) other.passed++;
  }

  /** Once for all that happens in one turn of the event loop. */
  function wake() {
    if (woken) return;
    woken = true;
    later(() => {
      woken = false;
      for (const { go } of [...members]) go();
    });
  }

  return {
    /** For a runner: its part in the slots until `leave`. */
    join(lane: Lane, work: LaneWork) {
      const member: Member = { ...work, rank: lanes.indexOf(lane), taken: 0, passed: 0 };
      members = [...members, member].toSorted((a, b) => a.rank - b.rank);
      return {
        get free() {
          return freeFor(member);
        },
        take: () => took(member),
        give: () => void member.taken--,
        /** All lanes look for what may start, the most urgent first. */
        wake,
        leave() {
          members = members.filter((one) => one !== member);
          wake();
        },
      };
    },
  };
}

/** One for a worker. `topic` is one of a queue's lanes. */
export function createQueueSlots(concurrency: number) {
  const slots = new Map<string, LaneSlots>();
  return (topic: string, partition: number) => {
    const name = `${laneOf(topic).of}/${partition}`;
    const known = slots.get(name) ?? createLaneSlots(concurrency);
    slots.set(name, known);
    return known;
  };
}
