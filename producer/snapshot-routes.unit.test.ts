// GET /jobs?snapshot=, GET /snapshots and DELETE /snapshots/{id}: what is asked of which collection, by whom, and what is refused.
import { expect, test } from 'vitest';
import type { ReadySnapshot } from '../platform/snapshot-store.ts';
import { PutlogError } from '../schemas/problem.ts';
import { createGuardedApp } from './access.fixture.ts';
import type { JobFilter } from './list-jobs.ts';

const began = Date.UTC(2026, 0, 2);
const found = (id: string, fields: Partial<ReadySnapshot> = {}): ReadySnapshot => ({
  ...{ _id: id, collection: `jobs_snapshot_${id}`, at: '2026-01-01T00:00:00Z', types: null, begunAt: new Date(began) },
  content: { moment: Date.UTC(2026, 0, 1), jobs: 7, begins: {}, ends: {} },
  expiresAt: new Date(began + 86_400_000),
  ...fields,
});

function createScene(onList: (known: ReadySnapshot[]) => void = () => undefined) {
  const asked: JobFilter[] = [];
  const removed: string[] = [];
  const known = [found('all'), found('some', { types: ['test.echo'] })];
  const scene = createGuardedApp({
    replaced: {
      async listJobs(filter) {
        asked.push(filter);
        onList(known);
        return { jobs: [], next: { createdAt: 1, _id: 'test.echo/1' } };
      },
      snapshots: {
        async find(id) {
          if (id === 'building') throw new PutlogError('snapshot-not-ready', 'not yet', { retryAfter: 1 });
          const one = known.find(({ _id }) => _id === id);
          if (one === undefined) throw new PutlogError('snapshot-gone', `${id} is gone`);
          return one;
        },
        all: async () => known,
        remove: async ({ _id }) => void removed.push(_id),
      },
    },
  });
  return { ...scene, asked, removed };
}

test('a list of a snapshot asks its collection, with the other filters', async () => {
  const { app, asked } = createScene();
  expect((await app.inject('/jobs?snapshot=all&state=queued&type=test.echo')).statusCode).toBe(200);
  expect((await app.inject('/jobs?state=queued')).statusCode).toBe(200);
  expect(asked).toEqual([
    { snapshot: 'jobs_snapshot_all', states: ['queued'], types: ['test.echo'] },
    { states: ['queued'] },
  ]);
});

test('the next page is of the same snapshot, and its cursor of no other', async () => {
  const { app, asked } = createScene();
  const { next } = (await app.inject('/jobs?snapshot=all')).json();
  expect((await app.inject(next)).statusCode).toBe(200);
  expect(asked[1]).toEqual({ snapshot: 'jobs_snapshot_all' });
  const cursor = new URLSearchParams(next.split('?')[1]).get('cursor');
  for (const other of ['', '&snapshot=some'])
    expect((await app.inject(`/jobs?cursor=${cursor}${other}`)).json().detail).toContain('of another snapshot');
});

test('what it was not built of is refused; while it is built the answer says by which job', async () => {
  const { app, asked } = createScene();
  const other = await app.inject('/jobs?snapshot=some&type=test.anything');
  expect(other.json()).toMatchObject({ status: 400, detail: expect.stringContaining('built of: test.echo') });
  const building = await app.inject('/jobs?snapshot=building');
  expect(building.json()).toMatchObject({ status: 409, code: 'snapshot-not-ready', retriable: true });
  expect(building.headers).toMatchObject({ location: '/jobs/putlog.snapshot/building', 'retry-after': '1' });
  expect((await app.inject('/jobs?snapshot=gone')).json()).toMatchObject({ status: 410, code: 'snapshot-gone' });
  expect((await app.inject('/jobs?snapshot=a/b')).json()).toMatchObject({ status: 400 });
  expect(asked).toEqual([]);
});

test.each<[string, (known: ReadySnapshot[]) => void]>([
  ['has gone', (known) => void known.shift()],
  ['was built anew', (known) => void known.splice(0, 1, found('all', { collection: 'jobs_snapshot_other' }))],
])('one that %s while it was read is not told to have been empty', async (_name, onList) => {
  const { app } = createScene(onList);
  expect((await app.inject('/jobs?snapshot=all')).json()).toMatchObject({ status: 410, code: 'snapshot-gone' });
});

test('those that are there, and the end of one', async () => {
  const { app, removed } = createScene();
  const { snapshots } = (await app.inject('/snapshots')).json();
  expect(snapshots).toEqual([
    {
      ...{ id: 'all', at: '2026-01-01T00:00:00Z', moment: '2026-01-01T00:00:00.000Z', jobs: 7 },
      ...{ begunAt: '2026-01-02T00:00:00.000Z', expiresAt: '2026-01-03T00:00:00.000Z' },
      links: { job: '/jobs/putlog.snapshot/all', list: '/jobs?snapshot=all' },
    },
    expect.objectContaining({ id: 'some', types: ['test.echo'] }),
  ]);
  const remove = (id: string) => app.inject({ method: 'DELETE', url: `/snapshots/${id}` });
  expect((await remove('all')).statusCode).toBe(204);
  expect((await remove('building')).headers.location).toBe('/jobs/putlog.snapshot/building');
  expect((await remove('gone')).statusCode).toBe(410);
  expect(removed).toEqual(['all']);
});

test('who may read some types is told of them alone, and asks nothing of what builds snapshots', async () => {
  const { app, add, asked, removed } = createScene();
  const { headers } = add(['submit', 'read'], { types: ['test.echo'] });
  expect((await app.inject({ url: '/jobs?snapshot=all', headers })).statusCode).toBe(200);
  expect(asked).toEqual([{ snapshot: 'jobs_snapshot_all', types: ['test.echo'] }]);
  const refused = [
    app.inject({ url: '/jobs?snapshot=all&type=test.anything', headers }),
    app.inject({ url: '/snapshots', headers }),
    app.inject({ method: 'DELETE', url: '/snapshots/all', headers }),
    app.inject({ method: 'PUT', url: '/jobs/putlog.snapshot/1', headers }),
  ];
  for (const answer of await Promise.all(refused)) expect(answer.json().code).toBe('type-not-allowed');
  const maker = add(['submit', 'read'], { types: ['putlog.snapshot'] });
  expect((await app.inject({ url: '/snapshots', headers: maker.headers })).statusCode).toBe(200);
  expect((await app.inject({ url: '/jobs?snapshot=all', headers: maker.headers })).statusCode).toBe(200);
  expect(asked[1]).toEqual({ snapshot: 'jobs_snapshot_all', types: ['putlog.snapshot'] });
  const submitOnly = add(['submit'], { types: ['putlog.snapshot'] });
  expect((await app.inject({ url: '/snapshots', headers: submitOnly.headers })).json().code).toBe('insufficient-scope');
  expect(removed).toEqual([]);
});
