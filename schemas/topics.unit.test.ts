import { expect, test } from 'vitest';
import { groupNames, laneOf, lanes, ownerIdentity, subjectNames, topicNames } from './topics.ts';

test('every name begins with the prefix, so that two installations share a broker', () => {
  const [topics, groups, subjects] = [topicNames('p'), groupNames('p'), subjectNames('p')];
  expect([topics.commands('default'), topics.events]).toEqual(['p.commands.default.normal', 'p.events']);
  expect(groups).toEqual({ workers: 'p.workers', projectors: 'p.projectors' });
  expect([subjects.command, subjects.event, subjects.fence]).toEqual(['p.Command', 'p.Event', 'p.Fence']);
  expect([subjects.payload('a.b'), subjects.result('a.b')]).toEqual(['p.job.a.b.payload', 'p.job.a.b.result']);
});

test('each partition of each topic has an identity of its own in each group', () => {
  const names = ['g', 'h'].flatMap((group) =>
    ['t', 'u'].flatMap((topic) => [0, 1, 10].map((partition) => ownerIdentity(group, topic, partition))),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('a topic of commands names its lane, and the lanes of one queue have the rest in common', () => {
  const topics = topicNames('p.q');
  expect(topics.commandsOf('default').map(laneOf)).toEqual(lanes.map((lane) => ({ of: 'p.q.commands.default', lane })));
  expect(topics.commandsOf('default')).toContain(topics.commands('default'));
  expect(laneOf(topics.events)).toEqual({ of: 'p.q.events', lane: 'normal' });
});
