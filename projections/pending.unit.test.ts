import { expect, test } from 'vitest';
import type { JobDocument } from '../schemas/job-status.ts';
import { createPending } from './pending.ts';

function document(id: string, eventOffset = -1, command = { topic: 'c', partition: 0, offset: 0 }): JobDocument {
  return {
    ...{ _id: `t/${id}`, type: 't', id, key: 'k', state: 'queued', generation: 0, attempt: 1, digest: 'd' },
    ...{
      createdAt: 1,
      startedAt: null,
      finishedAt: null,
      expiresAt: null,
      updatedAt: 1,
      dueAt: null,
      progress: null,
      result: null,
      error: null,
      worker: null,
    },
    ...{ command, eventOffset },
  };
}

test('however many records tell of a job, it is one write of the newest status', () => {
  const pending = createPending();
  for (const offset of [-1, 7, 3]) pending.add(document('a', offset));
  pending.add(document('b', 5));
  expect(pending.size).toBe(2);
  expect(pending.drain().writes).toEqual([
    { document: document('a', 7), fresh: true },
    { document: document('b', 5), fresh: false },
  ]);
});

test('a job is fresh where its command is among the records, first or last', () => {
  const pending = createPending();
  for (const offset of [4, -1]) pending.add(document('a', offset));
  expect(pending.drain().writes).toEqual([{ document: document('a', 4), fresh: true }]);
});

test('what was reached is kept for each partition of each topic', () => {
  const pending = createPending();
  for (const [topic, partition, offset] of [
    ['c', 0, 1],
    ['c', 0, 2],
    ['c', 1, 9],
    ['e', 0, 4],
  ] as const)
    pending.reached(topic, partition, offset);
  expect(pending.drain().next).toEqual(
    new Map([
      [
        'c',
        new Map([
          [0, 2],
          [1, 9],
        ]),
      ],
      ['e', new Map([[0, 4]])],
    ]),
  );
});

test('what is drained is handed over once; what comes later is the next flush', () => {
  const pending = createPending();
  expect(pending.dirty).toBe(false);
  pending.add(document('a'));
  pending.reached('c', 0, 1);
  expect(pending.dirty).toBe(true);
  const first = pending.drain();
  expect([pending.dirty, pending.size]).toEqual([false, 0]);
  pending.add(document('a', 3));
  pending.reached('e', 0, 4);
  expect(first.writes).toEqual([{ document: document('a'), fresh: true }]);
  expect(pending.drain()).toEqual({
    writes: [{ document: document('a', 3), fresh: false }],
    dead: [],
    next: new Map([['e', new Map([[0, 4]])]]),
  });
});

test('what is known of a dead letter comes together, in whatever order it was read', () => {
  const pending = createPending();
  pending.addDead({ _id: 'c/0@1', redrivenAt: 5 });
  pending.addDead({ _id: 'c/0@1', code: 'x' });
  pending.addDead({ _id: 'c/0@2', code: 'y' });
  expect(pending.dirty).toBe(true);
  expect(pending.drain().dead).toEqual([
    { _id: 'c/0@1', redrivenAt: 5, code: 'x' },
    { _id: 'c/0@2', code: 'y' },
  ]);
  expect([pending.dirty, pending.drain().dead]).toEqual([false, []]);
});

test('a call without an event is held back for a while, and with it what its partition has reached', () => {
  const pending = createPending();
  const at = (offset: number, partition = 0) => ({ topic: 'c', partition, offset });
  pending.add(document('decided', -1, at(4)));
  pending.add(document('decided', 9, at(4)));
  pending.add(document('waits', -1, at(5)));
  pending.add(document('waits too', -1, at(6)));
  for (const [topic, partition, offset] of [
    ['c', 0, 7],
    ['c', 1, 3],
    ['e', 0, 10],
  ] as const)
    pending.reached(topic, partition, offset);

  const first = pending.drain(60_000);
  expect(first.writes.map(({ document: { id } }) => id)).toEqual(['decided']);
  expect([first.next.get('c'), first.next.get('e')]).toEqual([
    new Map([
      [0, 5],
      [1, 3],
    ]),
    new Map([[0, 10]]),
  ]);
  expect([pending.dirty, pending.size]).toEqual([true, 2]);

  pending.add(document('waits', 11, at(5)));
  pending.reached('c', 0, 8);
  const second = pending.drain(60_000);
  expect(second.writes).toEqual([{ document: document('waits', 11, at(5)), fresh: true }]);
  expect(second.next).toEqual(new Map([['c', new Map([[0, 6]])]]));

  const last = pending.drain(0);
  expect(last.writes.map(({ document: { id } }) => id)).toEqual(['waits too']);
  expect(last.next).toEqual(new Map([['c', new Map([[0, 8]])]]));
  expect(pending.dirty).toBe(false);
});
