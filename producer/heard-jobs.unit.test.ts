import { expect, test } from 'vitest';
import { queuedJob } from './app.fixture.ts';
import { createHeardJobs } from './heard-jobs.ts';

const job = (id: string, eventOffset: number, generation = 0) =>
  queuedJob('test.echo', id, { eventOffset, generation });

test('what was heard is not forgotten because the read model is behind, and gives way to what says more', () => {
  const heard = createHeardJobs();
  heard.hear(job('a', 7));
  heard.hear(job('a', 5));
  expect(heard.latest('test.echo/a', undefined)?.eventOffset).toBe(7);
  expect(heard.latest('test.echo/a', job('a', -1))?.eventOffset).toBe(7);
  expect(heard.latest('test.echo/a', job('a', 8))?.eventOffset).toBe(8);
  expect(heard.latest('test.echo/a', job('a', -1, 1))?.generation).toBe(1);
  expect(heard.latest('test.echo/b', undefined)).toBeUndefined();
});

test('it is bounded in number, and in time', () => {
  let at = 0;
  const heard = createHeardJobs({ limit: 10, keepMs: 100, now: () => at });
  for (let n = 0; n < 21; n++) heard.hear(job(`${n}`, n));
  expect(heard.latest('test.echo/0', undefined)).toBeUndefined();
  expect(heard.latest('test.echo/11', undefined)).toBeDefined();
  at = 150;
  expect(heard.latest('test.echo/20', undefined)).toBeDefined();
  at = 400;
  expect(heard.latest('test.echo/20', undefined)).toBeUndefined();
});
