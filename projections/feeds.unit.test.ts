import { expect, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { readModelNamed } from '../platform/read-model.ts';
import type { Alias } from '../platform/read-model-alias.ts';
import { createFeeds } from './feeds.ts';

/** Only names are asked for. */
const { db } = createMongo('mongodb://127.0.0.1:9/none');

function scene() {
  let now: Alias = { epoch: 0, current: 'jobs_v1', feeds: ['jobs_v1'] };
  let again = 0;
  const feeds = createFeeds({ alias: () => now, modelNamed: (name) => readModelNamed(db, name) });
  feeds.onLack(() => again++);
  return {
    feeds,
    again: () => again,
    set(...names: string[]) {
      now = { ...now, epoch: now.epoch + 1, feeds: names };
      feeds.changed(now);
    },
    join: async () => (await feeds.join()).map(({ name }) => name),
    targets: async () => (await feeds.targets()).map(({ name }) => name),
  };
}

test('what was joined is written, in the order of the alias', async () => {
  const { set, join, targets, again } = scene();
  expect(await join()).toEqual(['jobs_v1']);
  expect(await targets()).toEqual(['jobs_v1']);
  set('jobs_v1', 'jobs_v2');
  expect(await join()).toEqual(['jobs_v1', 'jobs_v2']);
  const joins = again();
  set('jobs_v2', 'jobs_v1');
  expect(await targets()).toEqual(['jobs_v2', 'jobs_v1']);
  set('jobs_v2');
  expect(await targets()).toEqual(['jobs_v2']);
  expect(again(), 'neither an order nor an end makes it begin again').toBe(joins);
});

test('one that was left out and comes again is joined again', async () => {
  const { set, join, targets, again } = scene();
  set('jobs_v1', 'jobs_v2');
  await join();
  const before = again();
  set('jobs_v1');
  expect(await targets()).toEqual(['jobs_v1']);
  set('jobs_v1', 'jobs_v2');
  expect(again()).toBe(before + 1);
  expect(await targets()).toEqual([]);
});

test('where one was not joined nothing is written, and it begins again, also where the change went unheard', async () => {
  const { set, join, targets, again } = scene();
  await join();
  set('jobs_v1', 'jobs_v2');
  expect(again()).toBe(1);
  expect(await targets()).toEqual([]);
  expect(again()).toBe(2);
  await join();
  expect(await targets()).toEqual(['jobs_v1', 'jobs_v2']);
});
