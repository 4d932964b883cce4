// Kafka as far as a takeover leans on it: one partition that remembers producers, and the coordinator that gives
// identities out. Requests are applied one at a time and a record that is stored stays: replication, leaders and batches of
// many records are left out, because acks=all and the atomic batch make them look like this to a client. No I/O.

/** `fence`, or the number of the command whose outcome it is. */
export type What = 'fence' | number;

/** Who writes: a producer id with its epoch, and the batch's place in the order of that epoch. */
export type Batch = { producer: number; epoch: number; sequence: number; what: What };

/** What a partition knows of one producer id. A real one keeps the last five batches; here nobody has more. */
type Memory = { epoch: number; stored: { sequence: number; offset: number }[] };

/** `records`: index is offset; `by` numbers the owner, for whoever reads a trace. */
export type Partition = { records: (Batch & { by: number })[]; memory: Record<number, Memory> };

export type Answer = { kind: 'stored'; offset: number } | { kind: 'fenced' } | { kind: 'out-of-sequence' };

/** Appends one batch, or says why not. Changes `partition`, replacing what it changes. */
export function append(partition: Partition, batch: Batch & { by: number }): Answer {
  const { producer, epoch, sequence } = batch;
  const known = partition.memory[producer];
  if (known !== undefined && epoch < known.epoch) return { kind: 'fenced' };
  const stored = known?.epoch === epoch ? known.stored : [];
  const again = stored.find((one) => one.sequence === sequence);
  if (again !== undefined) return { kind: 'stored', offset: again.offset };
  // Of a producer that it does not know a partition takes any sequence; a new epoch begins at 0.
  const last = stored.at(-1)?.sequence;
  const expected = last === undefined ? 0 : last + 1;
  if (known !== undefined && sequence !== expected) return { kind: 'out-of-sequence' };
  const offset = partition.records.length;
  partition.records = [...partition.records, batch];
  partition.memory = { ...partition.memory, [producer]: { epoch, stored: [...stored, { sequence, offset }] } };
  return { kind: 'stored', offset };
}

/** Nothing of this producer id was appended for `producer.id.expiration.ms`. */
export function forgetProducer(partition: Partition, producer: number) {
  const { [producer]: _, ...memory } = partition.memory;
  partition.memory = memory;
}

/** `next` is the producer id that nobody has had yet; `current` undefined: the identity is not known. */
export type Coordinator = { next: number; current?: { producer: number; epoch: number } };

/** InitProducerId: the identity's producer id with its next epoch, or another producer id. Changes `coordinator`. */
export function open(coordinator: Coordinator): { producer: number; epoch: number } {
  const { current } = coordinator;
  const given =
    current === undefined
      ? { producer: coordinator.next++, epoch: 0 }
      : { producer: current.producer, epoch: current.epoch + 1 };
  coordinator.current = given;
  return given;
}

/** `transactional.id.expiration.ms` is over, or the coordinator has lost its records. */
export function forgetIdentity(coordinator: Coordinator) {
  delete coordinator.current;
}
