// The model's broker answers as Kafka does: what platform/log-writer.int.test.ts and consumer/take-over.int.test.ts see on a
// real one, and what a real one did when it was made to forget.
import { describe, expect, test } from 'vitest';
import { append, type Coordinator, forgetIdentity, forgetProducer, open, type Partition, type What } from './broker.ts';

const empty = (): Partition => ({ records: [], memory: {} });
const fenced = { kind: 'fenced' };
const storedAt = (offset: number) => ({ kind: 'stored', offset });

/** A writer that keeps its sequence as ours does; `at` sends with another one. */
function writer(coordinator: Coordinator, by: number) {
  const identity = open(coordinator);
  let sequence = 0;
  return {
    ...identity,
    send: (partition: Partition, what: What) => append(partition, { ...identity, sequence: sequence++, what, by }),
    at: (partition: Partition, at: number, what: What) => append(partition, { ...identity, sequence: at, what, by }),
  };
}

describe('a partition', () => {
  test('stores a batch that is sent again once, and answers with its offset', () => {
    const partition = empty();
    const a = writer({ next: 1 }, 0);
    expect([a.send(partition, 'fence'), a.send(partition, 7)]).toEqual([storedAt(0), storedAt(1)]);
    expect([a.at(partition, 1, 7), a.at(partition, 0, 'fence')]).toEqual([storedAt(1), storedAt(0)]);
    expect(partition.records).toHaveLength(2);
  });

  test('takes an earlier owner’s batches until the new epoch has written, and none after', () => {
    const [partition, coordinator] = [empty(), { next: 1 }];
    const a = writer(coordinator, 0);
    a.send(partition, 'fence');
    const b = writer(coordinator, 1);
    expect([b.producer, b.epoch]).toEqual([a.producer, a.epoch + 1]);
    expect(a.send(partition, 0)).toEqual(storedAt(1));
    expect(b.send(partition, 'fence')).toEqual(storedAt(2));
    expect([a.send(partition, 1), a.at(partition, 1, 0)]).toEqual([fenced, fenced]);
    expect(partition.records.map(({ by, what }) => [by, what])).toEqual([
      [0, 'fence'],
      [0, 0],
      [1, 'fence'],
    ]);
  });

  test('fences for itself alone: where the new epoch never wrote, the earlier one still can', () => {
    const [here, elsewhere, coordinator] = [empty(), empty(), { next: 1 }];
    const a = writer(coordinator, 0);
    a.send(here, 'fence');
    writer(coordinator, 1).send(here, 'fence');
    expect(a.at(elsewhere, 0, 3)).toEqual(storedAt(0));
  });

  test('refuses a gap, also at the beginning of an epoch, and then takes the right batch', () => {
    const [partition, coordinator] = [empty(), { next: 1 }];
    const a = writer(coordinator, 0);
    a.send(partition, 'fence');
    expect(a.at(partition, 2, 5)).toEqual({ kind: 'out-of-sequence' });
    expect(a.at(partition, 1, 5)).toEqual(storedAt(1));
    const b = writer(coordinator, 1);
    expect(b.at(partition, 1, 6)).toEqual({ kind: 'out-of-sequence' });
    expect(b.at(partition, 0, 'fence')).toEqual(storedAt(2));
  });
});

describe('where the fence ends', () => {
  test('a partition that has forgotten a producer takes its next batch, its last one again, and an older epoch', () => {
    const coordinator = { next: 1 };
    const [a, b] = [writer(coordinator, 0), writer(coordinator, 1)];
    const remembers = empty();
    b.at(remembers, 0, 'fence');
    const forgot = () => {
      const partition = { ...remembers };
      forgetProducer(partition, b.producer);
      return partition;
    };
    expect(b.at(forgot(), 1, 4)).toEqual(storedAt(1));
    expect(b.at(forgot(), 0, 'fence')).toEqual(storedAt(1));
    expect([a.at(remembers, 0, 4), a.at(forgot(), 0, 4)]).toEqual([fenced, storedAt(1)]);
  });

  test('a coordinator that has forgotten the identity gives another producer id, which fences nobody', () => {
    const [partition, coordinator] = [empty(), { next: 1 }];
    const a = writer(coordinator, 0);
    a.send(partition, 'fence');
    forgetIdentity(coordinator);
    const b = writer(coordinator, 1);
    expect(b.producer).not.toBe(a.producer);
    b.send(partition, 'fence');
    expect(a.send(partition, 0)).toEqual(storedAt(2));
  });

  test('an owner that renews keeps its producer id', () => {
    const coordinator = { next: 1 };
    const identities = [open(coordinator), open(coordinator), open(coordinator)];
    expect(identities.map(({ producer, epoch }) => [producer, epoch])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
  });
});
