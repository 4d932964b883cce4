import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { queuedJob } from './app.fixture.ts';
import { createReadJob, type ReadJobOptions } from './read-job.ts';
import { createRecentSubmissions } from './recent-submissions.ts';

const queued = queuedJob('t', '1');
const none = async () => undefined;
function prepare(replaced: Partial<ReadJobOptions> = {}) {
  const waited: string[] = [];
  const catchUp = async (id: string, topics: readonly string[]) => void waited.push(`${topics.join('+')} ${id}`);
  const recent = createRecentSubmissions();
  const read = createReadJob({
    ...{
      lookUp: { find: none, findIfThere: none },
      recent,
      topicsOf: (type) => (type === 't' ? ['c', 'd'] : undefined),
    },
    catchUp: async (id, topics) => {
      await catchUp(id, topics);
      return undefined;
    },
    ...replaced,
  });
  return { read, recent, waited };
}

test('the read model answers first', async () => {
  const done = queuedJob('t', '1', { state: 'succeeded' });
  const { read, recent, waited } = prepare({ lookUp: { find: async () => done, findIfThere: none } });
  recent.add('t/1', { digest: 'd', stored: Promise.resolve(queued) });
  expect(await read('t', '1')).toBe(done);
  expect(waited).toEqual([]);
});

test('what this process has just accepted is there, without waiting', async () => {
  const { read, recent, waited } = prepare();
  recent.add('t/1', { digest: 'd', stored: Promise.resolve(queued) });
  expect(await read('t', '1')).toBe(queued);
  expect(waited).toEqual([]);
});

test('what was not accepted after all, or by another process, is looked for until the read model has caught up', async () => {
  const { read, recent, waited } = prepare();
  const failed = Promise.reject(new PutlogError('outcome-unknown', 'no answer'));
  recent.add('t/1', { digest: 'd', stored: failed });
  expect(await read('t', '1')).toBeUndefined();
  await read('t', '2');
  expect(waited).toEqual(['c+d t/1', 'c+d t/2']);
});

test('of a type that does not exist there is nothing to wait for', async () => {
  const { read, waited } = prepare();
  expect(await read('other', '1')).toBeUndefined();
  expect(waited).toEqual([]);
});
