// A list as it was: what is asked in which order, what is told of it meanwhile, and that nobody builds on for a caller who has gone.
import { expect, test } from 'vitest';
import { createClient, ProblemError } from './index.ts';
import { answers, type Step, scriptedServer } from './scripted-server.fixture.ts';

const job = (state: string, more: object = {}) => ({ type: 'putlog.snapshot', id: 'made', state, ...more });
const built = { snapshot: 'made', at: '2026-01-01T00:00:00.000Z', jobs: 2, begins: {}, ends: {}, expiresAt: '' };
const ready = answers(200, job('succeeded', { result: built }));
const soon = { baseMs: 1, maxMs: 1 };

const told = (...events: object[]): Step =>
  function tell(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((event, n) => `id: ${n}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
  };

test('list at a time: it is built, waited for, and read page by page', async () => {
  const { url, asked } = await scriptedServer([
    answers(202, job('queued')),
    ready,
    answers(200, { jobs: [job('running')] }, { link: '</jobs?snapshot=made&cursor=c>; rel="next"' }),
    answers(200, { jobs: [job('queued')] }),
  ]);
  const client = createClient({ url });
  const found = await Array.fromAsync(client.list({ at: new Date(0), type: 'word.count', state: 'queued' }));
  expect(found.map(({ state }) => state)).toEqual(['running', 'queued']);
  expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
    'POST /jobs/putlog.snapshot',
    'GET /jobs/putlog.snapshot/made',
    'GET /jobs?type=word.count&state=queued&snapshot=made',
    'GET /jobs?snapshot=made&cursor=c',
  ]);
  const payload = { at: '1970-01-01T00:00:00.000Z', types: ['word.count'], keepSeconds: 3_600 };
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual(payload);
});

test('list of a snapshot that is there; both together are refused before anything is sent', async () => {
  const { url, asked } = await scriptedServer([answers(200, { jobs: [] })]);
  const client = createClient({ url });
  await Array.fromAsync(client.list({ snapshot: 'made' }));
  await expect(Array.fromAsync(client.list({ snapshot: 'made', at: 'putlog.events/3@17' }))).rejects.toThrow(TypeError);
  expect(asked.map((one) => one.url)).toEqual(['/jobs?snapshot=made']);
});

test('its progress is told, and its result is where it is', async () => {
  const { url, asked } = await scriptedServer([
    answers(202, job('queued')),
    told(
      { kind: 'started' },
      { kind: 'progressed', progress: { current: 1, total: 2 } },
      { kind: 'succeeded', result: built },
    ),
    ready,
  ]);
  const seen: object[] = [];
  const done = await createClient({ url }).snapshot('putlog.events/3@17', { told: (one) => seen.push(one) });
  expect([done, seen]).toEqual([built, [{ current: 1, total: 2 }]]);
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ at: 'putlog.events/3@17' });
});

test('one that comes to nothing is thrown; a caller who goes has it cancelled', async () => {
  const error = { type: '', title: '', status: 500, detail: 'no such topic', code: 'job-failed', retriable: false };
  const failing = await scriptedServer([answers(202, job('queued')), answers(200, job('failed', { error }))]);
  const failed = createClient({ url: failing.url }).snapshot(new Date(0));
  await expect(failed).rejects.toThrow(ProblemError);

  const gone = new AbortController();
  const leaves: Step = (response) => {
    gone.abort(new Error('gone'));
    response.destroy();
  };
  const { url, asked } = await scriptedServer([answers(202, job('queued')), leaves, answers(202, job('running'))]);
  const left = createClient({ url, retries: soon }).snapshot(new Date(0), { signal: gone.signal });
  await expect(left).rejects.toThrow('gone');
  expect(asked.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
    'POST /jobs/putlog.snapshot',
    'GET /jobs/putlog.snapshot/made',
    'DELETE /jobs/putlog.snapshot/made',
  ]);
});
