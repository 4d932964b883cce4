import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFetchSession, type Wanted, type WantedPartition } from './fetch-session.ts';

const at = (fetchOffset: number, partition = 0): WantedPartition => ({
  ...{ partition, fetchOffset: String(fetchOffset), maxBytes: 100 },
});
const of = (topic: string, ...partitions: WantedPartition[]) => ({ topic, partitions });

describe('a session', () => {
  test('is asked for with everything, and then told what has changed', () => {
    const session = createFetchSession();
    const all = [of('a', at(0), at(5, 1)), of('b', at(7))];
    expect(session.next(all)).toEqual({ sessionId: 0, sessionEpoch: 0, topics: all, forgottenTopics: [] });
    session.answered(42);
    expect(session.next([of('a', at(0), at(6, 1)), of('b', at(7))])).toEqual({
      ...{ sessionId: 42, sessionEpoch: 1, topics: [of('a', at(6, 1))], forgottenTopics: [] },
    });
    session.answered(42);
    expect(session.next([of('a', at(6, 1)), of('c', at(1))])).toEqual({
      ...{ sessionId: 42, sessionEpoch: 2, topics: [of('c', at(1))] },
      forgottenTopics: [
        { topic: 'a', partitions: [0] },
        { topic: 'b', partitions: [0] },
      ],
    });
  });

  test('what was forgotten and is wanted again is named again, though it has not moved', () => {
    const session = createFetchSession();
    const both = [of('a', at(3), at(4, 1))];
    session.next(both);
    session.answered(1);
    session.next([of('a', at(3))]);
    session.answered(1);
    expect(session.next(both).topics).toEqual([of('a', at(4, 1))]);
  });

  test('whose answer was lost begins anew', () => {
    const session = createFetchSession();
    const all = [of('a', at(3))];
    session.next(all);
    session.answered(9);
    session.next(all);
    session.lost();
    expect(session.next(all)).toEqual({ sessionId: 0, sessionEpoch: 0, topics: all, forgottenTopics: [] });
  });

  test('that a broker does not keep is asked for each time', () => {
    const session = createFetchSession();
    const all = [of('a', at(3))];
    session.next(all);
    session.answered(0);
    expect(session.next(all)).toEqual({ sessionId: 0, sessionEpoch: 0, topics: all, forgottenTopics: [] });
  });
});

test('whatever is wanted and lost, the broker reads exactly what is wanted', () => {
  const partition = fc.record({ topic: fc.constantFrom('a', 'b'), partition: fc.nat(3), fetchOffset: fc.nat(3) });
  const request = fc.record({ wanted: fc.array(partition), lost: fc.boolean(), evicted: fc.boolean() });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
      const session = createFetchSession();
      let broker: { id: number; epoch: number; reads: Map<string, string> } | undefined;
      let sessions = 0;
      for (const { wanted, lost, evicted } of requests) {
        if (evicted) broker = undefined;
        const all = wantedOf(wanted);
        let asked = session.next(all);
        if (asked.sessionId !== 0 && broker === undefined) {
          session.lost();
          asked = session.next(all);
        }
        if (asked.sessionId === 0) broker = { id: ++sessions, epoch: 0, reads: new Map() };
        if (broker === undefined) throw new Error('the session is gone, and was used');
        expect(asked.sessionEpoch).toBe(broker.epoch++);
        for (const { topic, partitions } of asked.forgottenTopics)
          for (const one of partitions) broker.reads.delete(`${topic}/${one}`);
        for (const { topic, partitions } of asked.topics)
          for (const one of partitions) broker.reads.set(`${topic}/${one.partition}`, one.fetchOffset);
        const expected = all.flatMap(({ topic, partitions }) =>
          partitions.map((one) => [`${topic}/${one.partition}`, one.fetchOffset] as const),
        );
        expect(new Map([...broker.reads].toSorted())).toEqual(new Map(expected.toSorted()));
        if (lost) session.lost();
        else session.answered(broker.id);
      }
    }),
  );
});

function wantedOf(list: readonly { topic: string; partition: number; fetchOffset: number }[]): Wanted {
  const topics = new Map<string, Map<number, WantedPartition>>();
  for (const { topic, partition, fetchOffset } of list) {
    const partitions = topics.get(topic) ?? new Map<number, WantedPartition>();
    topics.set(topic, partitions.set(partition, at(fetchOffset, partition)));
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions.values()] }));
}
