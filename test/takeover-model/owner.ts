// What one owner of a partition holds in its memory, and how an answer or a look at the log changes it. An owner that dies
// is one that takes no step any more, and one that pauses takes none for a while: neither needs a step of its own. No I/O.
import type { Answer, Batch, Partition } from './broker.ts';
import type { Guards } from './guards.ts';

/** Commands are numbered from 0. Below `next` all are done but `undone`; what comes later is read from `eventsFrom` on. */
export type Checkpoint = { undone: number[]; next: number; eventsFrom: number; producer: number };

/** The commands in hand. `skip`: what the takeover found done; `horizon` is behind the last of it. */
export type Hand = Checkpoint & { skip: number[]; horizon: number };

export type Owner = {
  /**
   * `waiting`: another producer id has written here, so the fence cannot be trusted yet. `stopped`: it was out of touch, and
   * appends nothing before it has renewed its identity.
   */
  phase: 'fencing' | 'reading' | 'waiting' | 'owning' | 'stopped' | 'over';
  producer: number;
  epoch: number;
  /** Of the next batch. */
  sequence: number;
  /** Sent, and no answer heard. */
  batches: Batch[];
  /** Where it reads to; null: to the end, wherever that is. */
  fence: number | null;
  waited: boolean;
  /** How many owners had begun when its wait did. */
  begunBefore: number;
  renewals: number;
  /** Null until it has owned the partition for the first time. */
  hand: Hand | null;
  /** A commit that is on its way; it arrives at any time, if ever. */
  posted: Checkpoint | null;
};

const nobody = { producer: -1, epoch: -1, sequence: 0, batches: [], fence: null, waited: false, begunBefore: 0 };

export const newOwner = (identity: { producer: number; epoch: number }, renewals: number): Owner => ({
  ...nobody,
  ...identity,
  ...{ phase: 'reading', renewals, hand: null, posted: null },
});

/** It writes no more. What it has sent may still arrive. */
const over = ({ posted }: Owner): Owner => ({ ...nobody, phase: 'over', renewals: 0, hand: null, posted });

/** It has noticed that it was out of touch. Where it had the partition, it may renew and go on; else its term is over. */
export const stopped = (owner: Owner, guards: Guards): Owner =>
  owner.phase === 'owning' && owner.renewals > 0 && guards.renewal
    ? { ...owner, phase: 'stopped', batches: [] }
    : over(owner);

const without = (list: number[], one: number) => list.filter((other) => other !== one);

/** `command` is done with: its outcome is in the log, or there is none to record. */
export const done = (hand: Hand, command: number): Hand => ({ ...hand, undone: without(hand.undone, command) });

/** Whether an owner, or whoever reads its checkpoint, would leave this command alone from now on. */
export const isPassed = ({ undone, next, skip = [] }: Checkpoint & { skip?: number[] }, command: number): boolean =>
  skip.includes(command) || (command < next && !undone.includes(command));

export function checkpointOf(hand: Hand, guards: Guards): Checkpoint | null {
  const { undone, next, eventsFrom, producer, horizon } = hand;
  if (guards.checkpointWaitsForSkipped && next < horizon) return null;
  return { undone: guards.checkpointNamesUndone ? undone : [], next, eventsFrom, producer };
}

/** The owner once it has heard the answer to one of its batches. */
export function heard(owner: Owner, batch: Batch, answer: Answer, guards: Guards): Owner {
  if (answer.kind !== 'stored') return over(owner);
  const batches = owner.batches.filter(({ sequence }) => sequence !== batch.sequence);
  if (batch.what === 'fence') {
    const reads = guards.readBehindFence && (owner.hand === null || guards.renewalReads);
    return { ...owner, batches, fence: answer.offset, phase: reads ? 'reading' : 'owning' };
  }
  if (owner.hand === null) return { ...owner, batches };
  const moved = { ...owner.hand, eventsFrom: Math.max(owner.hand.eventsFrom, answer.offset + 1) };
  const posted = guards.positionWithOutcome ? owner.posted : checkpointOf(moved, guards);
  return { ...owner, batches, hand: done(moved, batch.what), posted };
}

/** What the checkpoint and the log up to the fence say: who has written, and what is done. */
export function readLog(
  { fence, producer }: Owner,
  partition: Partition,
  checkpoint: Checkpoint | null,
  guards: Guards,
) {
  const end = fence ?? partition.records.length;
  const records = partition.records.slice(checkpoint?.eventsFrom ?? 0, end);
  const fences = records.filter(({ what }) => what === 'fence').map((record) => record.producer);
  const named = [...(checkpoint === null ? [] : [checkpoint.producer]), ...fences];
  const writers = guards.everyFenceCounts ? named : named.slice(-1);
  return {
    recorded: records.flatMap(({ what }) => (what === 'fence' ? [] : [what])),
    /** Somebody wrote here under a producer id that this owner's epoch does not fence. */
    foreign: writers.some((one) => one !== producer),
    eventsFrom: fence === null ? end : end + 1,
  };
}

/** The owner with what it has read: it owns the partition, or, renewing, finds that another has been at work. */
export function settle(
  owner: Owner,
  { recorded, eventsFrom }: { recorded: number[]; eventsFrom: number },
  checkpoint: Checkpoint | null,
  commands: number[],
): Owner {
  const skip = commands.filter((one) => recorded.includes(one) || (checkpoint && isPassed(checkpoint, one)));
  const horizon = Math.max(checkpoint?.next ?? 0, ...recorded.map((one) => one + 1));
  const { producer, hand } = owner;
  if (hand?.undone.some((one) => skip.includes(one))) return over(owner);
  const first = checkpoint?.undone[0] ?? checkpoint?.next ?? 0;
  const held = hand ?? { undone: [], next: first, eventsFrom };
  return { ...owner, phase: 'owning', hand: { ...held, producer, skip, horizon } };
}
