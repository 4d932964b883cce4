import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Member, shareOut } from './sticky-assigner.ts';

const partitions = (topic: string, count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }));
const member = (id: string, owned: Member['owned'] = [], since = 0, topics = ['t']): Member => ({
  id,
  topics,
  owned,
  since,
});
const names = (share: Member['owned'] | undefined) =>
  (share ?? []).map(({ topic, partition }) => `${topic}/${partition}`).toSorted();

test('whoever joins gets its part, and the others keep the rest of theirs', () => {
  const all = partitions('t', 8);
  const alone = shareOut([member('a')], all);
  expect(names(alone.get('a'))).toHaveLength(8);
  const two = shareOut([member('a', alone.get('a'), 1), member('b')], all);
  expect([two.get('a')?.length, two.get('b')?.length]).toEqual([4, 4]);
  const three = shareOut([member('a', two.get('a'), 2), member('b', two.get('b'), 2), member('c')], all);
  const kept = (id: string) => names(three.get(id)).filter((name) => names(two.get(id)).includes(name)).length;
  expect([...three.values()].map(({ length }) => length).toSorted()).toEqual([2, 3, 3]);
  expect(kept('a') + kept('b')).toBe(6);
});

test('what a member leaves behind is shared out, and nothing else moves', () => {
  const all = partitions('t', 9);
  const [a, b, c] = [all.slice(0, 3), all.slice(3, 6), all.slice(6)];
  const left = shareOut([member('a', a, 1), member('c', c, 1)], all);
  expect(names(left.get('a'))).toEqual(expect.arrayContaining(names(a)));
  expect(names(left.get('c'))).toEqual(expect.arrayContaining(names(c)));
  expect([...left.values()].flat()).toHaveLength(9);
  expect(b).toHaveLength(3);
});

test('of two that own one partition the later is right: the other was lost to the group for a while', () => {
  const all = partitions('t', 2);
  const shares = shareOut([member('zombie', all, 5), member('new', all.slice(0, 1), 9)], all);
  expect(names(shares.get('new'))).toEqual(['t/0']);
  expect(names(shares.get('zombie'))).toEqual(['t/1']);
});

test('of each topic everybody has a part, so that a busy one is not left to one member', () => {
  const all = [...partitions('busy', 8), ...partitions('idle', 8), ...partitions('odd', 1), ...partitions('odder', 1)];
  const topics = ['busy', 'idle', 'odd', 'odder'];
  const shares = shareOut([member('a', all, 1, topics), member('b', [], 0, topics)], all);
  const counts = [...shares.values()].map((share) =>
    topics.map((of) => share.filter(({ topic }) => topic === of).length),
  );
  expect(counts.map(([busy, idle]) => [busy, idle])).toEqual([
    [4, 4],
    [4, 4],
  ]);
  const fresh = shareOut([member('a', [], 0, topics), member('b', [], 0, topics)], all);
  expect([...fresh.values()].map(({ length }) => length)).toEqual([9, 9]);
});

test('nobody gets a topic that it did not ask for', () => {
  const all = [...partitions('t', 4), ...partitions('u', 4)];
  const shares = shareOut([member('both', [], 0, ['t', 'u']), member('only t', [], 0, ['t'])], all);
  expect(names(shares.get('only t'))).toHaveLength(2);
  expect(names(shares.get('both'))).toEqual(expect.arrayContaining(names(partitions('u', 4))));
});

test('whatever members claim to own: each partition once, balanced, the same from every leader, and stable', () => {
  const members = fc.uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-z]{1,4}$/),
      topics: fc.constant(['t']),
      since: fc.nat(3),
      owned: fc.array(fc.record({ topic: fc.constantFrom('t', 'gone'), partition: fc.nat(20) }), { maxLength: 12 }),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(members, fc.nat(20), (group, count) => {
      const all = partitions('t', count);
      const shares = shareOut(group, all);
      expect(names([...shares.values()].flat())).toEqual(names(all));
      const sizes = [...shares.values()].map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(shareOut(group.toReversed(), all)).toEqual(shares);
      const again = shareOut(
        group.map((one) => ({ ...one, owned: shares.get(one.id) ?? [], since: 9 })),
        all,
      );
      for (const [id, share] of shares) expect(names(again.get(id))).toEqual(names(share));
    }),
  );
});

const laneTopics = ['high', 'normal', 'low'].map((lane) => `p.commands.q.${lane}`);
const [high = '', normal = '', low = ''] = laneTopics;
const allLanes = (count: number) => laneTopics.flatMap((topic) => partitions(topic, count));
const apart = (shares: Map<string, Member['owned']>) =>
  [...shares.values()].filter((share) =>
    share.some(({ partition }) => share.filter((one) => one.partition === partition).length !== laneTopics.length),
  );

test('the lanes of a queue share a budget: a partition of all of them goes to one member, and moves as one', () => {
  const all = allLanes(8);
  const alone = shareOut([member('a', [], 0, laneTopics)], all);
  expect(alone.get('a')).toHaveLength(24);
  const group = [member('a', alone.get('a'), 1, laneTopics), member('b', [], 0, laneTopics)];
  const two = shareOut(group, all);
  expect([...two.values()].map(({ length }) => length)).toEqual([12, 12]);
  expect(apart(two)).toEqual([]);
  const left = shareOut([member('b', two.get('b'), 2, laneTopics)], all);
  expect(left.get('b')).toHaveLength(24);
});

test('an upgrade: who does not know a lane does not get it, and the lanes come together when all know them', () => {
  const all = allLanes(8);
  const old = member('old', partitions(normal, 8), 1, [normal]);
  const mixed = shareOut([old, member('new', [], 0, laneTopics)], all);
  expect(names(mixed.get('old'))).toEqual(names(partitions(normal, 4)));
  expect(names(mixed.get('new'))).toEqual(
    names([...partitions(high, 8), ...partitions(low, 8), ...partitions(normal, 8).slice(4)]),
  );
  const both = [...mixed].map(([id, owned]) => member(id, owned, 2, laneTopics));
  const upgraded = shareOut(both, all);
  expect(apart(upgraded)).toEqual([]);
  for (const [id, share] of upgraded) {
    const ofNormal = (owned: Member['owned'] = []) => names(owned.filter(({ topic }) => topic === normal));
    expect(ofNormal(share), 'the busy lane stays').toEqual(ofNormal(mixed.get(id)));
  }
});

test('whatever members claim to own: the lanes of a partition stay together, balanced and stable', () => {
  const claims = fc.record({ topic: fc.constantFrom(...laneTopics, 'gone'), partition: fc.nat(12) });
  const members = fc.uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-z]{1,4}$/),
      topics: fc.constant(laneTopics),
      since: fc.nat(3),
      owned: fc.array(claims, { maxLength: 20 }),
    }),
    { selector: ({ id }) => id, minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(members, fc.nat(12), (group, count) => {
      const all = allLanes(count);
      const shares = shareOut(group, all);
      expect(names([...shares.values()].flat())).toEqual(names(all));
      expect(apart(shares)).toEqual([]);
      const sizes = [...shares.values()].map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(3);
      const again = shareOut(
        group.map((one) => ({ ...one, owned: shares.get(one.id) ?? [], since: 9 })),
        all,
      );
      for (const [id, share] of shares) expect(names(again.get(id))).toEqual(names(share));
    }),
  );
});
