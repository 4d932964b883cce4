// The state of the whole world: what Kafka keeps, what is under way, what each owner remembers; and a short text for it,
// the same only for states from which the same follows. The text is written by hand, because the search asks for it some
// hundred thousand times; what it leaves out follows from the rest, or is nowhere asked for. No I/O.
import type { Batch, Coordinator, Partition } from './broker.ts';
import type { Checkpoint, Hand, Owner } from './owner.ts';

/** A batch in the network, `copies` times; each arrives at any time, or never. */
export type Request = Batch & { by: number; copies: number };

export type World = {
  partition: Partition;
  coordinator: Coordinator;
  /** Of each job: the command that it was claimed for. */
  claims: (number | null)[];
  checkpoint: Checkpoint | null;
  requests: Request[];
  owners: Owner[];
  forgets: { identity: number; producer: number };
};

export type Scenario = {
  /** Of each command in the log: its job. */
  jobs: number[];
  /** How many owners there are, one after the other or at once. */
  owners: number;
  /** How many copies of one batch can be under way, because it was sent again. */
  copies: number;
  /** Whether a checkpoint can be under way while other things happen; else it is committed at once. */
  lateCheckpoints: boolean;
  /** How often each owner renews its identity. */
  renewals: number;
  /** How often Kafka forgets. */
  forgets: { identity: number; producer: number };
};

export const start = ({ jobs, forgets }: Scenario): World => ({
  partition: { records: [], memory: {} },
  coordinator: { next: 1 },
  claims: jobs.map(() => null),
  ...{ checkpoint: null, requests: [], owners: [], forgets },
});

/** For a step to change: what it shares with the old state must be replaced, never changed in place. */
export const copyOf = (world: World): World => ({
  ...world,
  partition: { ...world.partition },
  coordinator: { ...world.coordinator },
  claims: [...world.claims],
  owners: [...world.owners],
  forgets: { ...world.forgets },
});

const whatKey = ({ what }: Batch) => (what === 'fence' ? 'f' : `${what}`);
const batchKey = (batch: Batch) => `${batch.producer}.${batch.epoch}.${batch.sequence}${whatKey(batch)}`;

export const checkpointKey = (one: Checkpoint | null): string =>
  one === null ? '-' : `${one.undone}/${one.next}/${one.eventsFrom}/${one.producer}`;

const handKey = (hand: Hand | null) => (hand === null ? '-' : `${checkpointKey(hand)}/${hand.skip}/${hand.horizon}`);

function ownerKey(owner: Owner): string {
  if (owner.phase === 'over') return checkpointKey(owner.posted);
  const { phase, producer, epoch, sequence, batches, fence, waited, begunBefore, renewals, hand, posted } = owner;
  const sent = batches.map(batchKey);
  return `${phase}${producer}.${epoch}.${sequence}:${sent}:${fence}${waited}${begunBefore}.${renewals};${handKey(hand)};${checkpointKey(posted)}`;
}

export function worldKey({ partition, coordinator, claims, checkpoint, requests, owners, forgets }: World): string {
  let key = `${coordinator.next}${coordinator.current?.producer}.${coordinator.current?.epoch}|${claims}|`;
  key += `${checkpointKey(checkpoint)}|${forgets.identity}${forgets.producer}|`;
  for (const record of partition.records) key += `${record.by}${batchKey(record)} `;
  // A producer's batches of its last epoch are in the records, unless the partition has forgotten some of them.
  for (const [producer, memory] of Object.entries(partition.memory))
    key += `|${producer}.${memory.epoch}.${memory.stored[0]?.offset}`;
  for (const request of requests) key += `>${request.by}${batchKey(request)}x${request.copies}`;
  for (const owner of owners) key += `#${ownerKey(owner)}`;
  return key;
}
