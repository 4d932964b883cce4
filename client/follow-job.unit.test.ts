// Following a job over connections that break: each event once, none left out, and an end when there is one.
import { once } from 'node:events';
import { expect, expectTypeOf, test } from 'vitest';
import { eventKinds } from '../schemas/event.ts';
import { createClient, type JobEvent } from './index.ts';
import { refuses, type Step, scriptedServer } from './scripted-server.fixture.ts';

const job = { type: 'word.count', id: '1' };
const stream = { 'content-type': 'text/event-stream' };
const frame = (n: number, kind: string) =>
  `id: e${n}@${n}\nevent: ${kind}\ndata: ${JSON.stringify({ id: `e${n}`, kind, job: 'word.count/1' })}\n\n`;

const says =
  (...parts: string[]): Step =>
  (response) => {
    response.writeHead(200, stream).end(parts.join(''));
  };
const breaksAfter =
  (...parts: string[]): Step =>
  async (response) => {
    response.writeHead(200, stream).write(parts.join(''));
    await new Promise((resolve) => setImmediate(resolve));
    response.destroy();
  };
const finished: Step = (response) => void response.writeHead(204).end();

async function follow(script: Step[], options = {}) {
  const { url, asked } = await scriptedServer(script);
  const client = createClient({ url, retries: { attempts: 3, baseMs: 1, maxMs: 1 } });
  const events: JobEvent[] = [];
  for await (const event of client.follow(job, options)) events.push(event);
  return {
    events: events.map(({ id }) => id),
    asked,
    from: asked.map(({ headers }) => headers['last-event-id']),
    kinds: events,
  };
}

test('the kinds are those of the log', () => {
  expectTypeOf<JobEvent['kind']>().toEqualTypeOf<(typeof eventKinds)[number]>();
  expect(eventKinds).toContain('succeeded');
});

test('from the first event to the one that ends it', async () => {
  const { events, asked, from, kinds } = await follow([
    says('retry: 1\n\n:\n\n', frame(1, 'started'), frame(2, 'succeeded')),
  ]);
  expect(events).toEqual(['e1', 'e2']);
  expect(kinds[1]).toMatchObject({ kind: 'succeeded', lastEventId: 'e2@2' });
  expect(asked[0]).toMatchObject({
    method: 'GET',
    url: '/jobs/word.count/1/events',
    headers: { accept: 'text/event-stream' },
  });
  expect(from).toEqual([undefined]);
});

test('a connection that breaks, or ends too early, is made again behind the last event, which comes once', async () => {
  const { events, from } = await follow([
    breaksAfter('retry: 1\n\n', frame(1, 'started'), frame(2, 'progressed'), 'id: e3@3\nevent: progr'),
    says(frame(2, 'progressed'), frame(3, 'progressed')),
    refuses(503, 'shutting-down'),
    says('event: overflow\ndata: {"detail":"too slow"}\n\n'),
    says(frame(4, 'failed')),
  ]);
  expect(events).toEqual(['e1', 'e2', 'e3', 'e4']);
  expect(from).toEqual([undefined, 'e2@2', 'e3@3', 'e3@3', 'e3@3']);
});

test('a job that was sent again is followed to its latest end', async () => {
  expect((await follow([says(frame(1, 'dead'), frame(2, 'started'), frame(3, 'succeeded'))])).events).toHaveLength(3);
});

test('204: there is nothing more', async () => {
  const { events, from } = await follow([breaksAfter('retry: 1\n\n', frame(1, 'succeeded')), finished], {
    after: 'e0@0',
  });
  expect([events, from]).toEqual([['e1'], ['e0@0', 'e1@1']]);
});

test('silence is a broken connection', async () => {
  const silent: Step = (response) => void response.writeHead(200, stream).write(`retry: 1\n\n${frame(1, 'started')}`);
  const { events, from } = await follow([silent, says(frame(2, 'succeeded'))], { idle: 200 });
  expect([events, from]).toEqual([
    ['e1', 'e2'],
    [undefined, 'e1@1'],
  ]);
});

test('what is refused, or never answered, is thrown', async () => {
  await expect(follow([refuses(404, 'unknown-job')])).rejects.toMatchObject({ code: 'unknown-job' });
  const lost: Step = (response) => void response.destroy();
  await expect(follow([lost, lost, lost])).rejects.toMatchObject({ name: 'ConnectionError' });
});

test('who stops reading, or aborts, ends the connection', async () => {
  const closed: Promise<unknown>[] = [];
  const open: Step = (response) => {
    closed.push(once(response, 'close'));
    response.writeHead(200, stream).write(frame(1, 'started'));
  };
  const { url } = await scriptedServer([open, open]);
  const client = createClient({ url });
  for await (const event of client.follow(job)) {
    expect(event.kind).toBe('started');
    break;
  }
  await closed[0];
  const abort = new AbortController();
  const following = client.follow(job, { signal: abort.signal });
  await following.next();
  abort.abort(new Error('enough'));
  await expect(following.next()).rejects.toThrow('enough');
  await closed[1];
});
