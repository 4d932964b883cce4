// A client that does not read, and many that do, over real connections (loopback, nothing outside the process).
import { once } from 'node:events';
import { connect } from 'node:net';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { createStreams, type Stream, type StreamsOptions } from './streams.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function listening(options: StreamsOptions) {
  const streams = createStreams(options);
  const opened: Stream[] = [];
  const app = fastify();
  app.get('/', (_request, reply) => {
    opened.push(streams.open(reply));
    return reply;
  });
  app.addHook('preClose', () => streams.close());
  closers.push(() => app.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  async function client() {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'connect');
    return socket;
  }
  return { streams, opened, client };
}

const frame = Buffer.from(`data: ${'x'.repeat(65_536)}\n\n`);

test('a client that does not read is told so and sent off, with no more than so much held for it', async () => {
  const { streams, opened, client } = await listening({ maxWaitingBytes: 1_000_000 });
  const [slow, quick] = [await client(), await client()];
  quick.resume();
  slow.pause();
  await vi.waitFor(() => expect(opened).toHaveLength(2));
  let written = 0;
  // Sockets themselves hold some megabytes.
  for (; streams.count === 2 && written < 5_000; written++) {
    for (const stream of opened) stream.write(frame);
    await new Promise(setImmediate);
  }
  expect(streams.count).toBe(1);
  let text = '';
  slow.on('data', (chunk) => {
    text = (text + chunk.toString('latin1')).slice(-1_000);
  });
  slow.resume();
  await vi.waitFor(() => expect(text).toContain('event: overflow'));
  expect(opened.filter(({ gone }) => gone.aborted)).toHaveLength(1);
  for (const socket of [slow, quick]) socket.destroy();
  await vi.waitFor(() => expect(streams.count).toBe(0));
});

test('who writes much waits until it is read, or the client has gone', async () => {
  const { opened, client } = await listening({ maxWaitingBytes: 2 ** 26 });
  const socket = await client();
  socket.pause();
  const stream = await vi.waitFor(() => opened[0] ?? expect.unreachable('not open'));
  for (let n = 0; n < 200; n++) stream.write(frame);
  let drained = false;
  const draining = stream.drained().then(() => {
    drained = true;
  });
  await new Promise(setImmediate);
  expect(drained).toBe(false);
  socket.resume();
  await draining;
  socket.pause();
  for (let n = 0; n < 400; n++) stream.write(frame);
  const gone = stream.drained();
  socket.destroy();
  await gone;
  expect(stream.gone.aborted).toBe(true);
});

test('one timer keeps all of them alive', async () => {
  const { streams, opened, client } = await listening({ keepAliveMs: 20 });
  const timers = vi.spyOn(globalThis, 'setInterval');
  const texts = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const seen = { text: '' };
      (await client()).setEncoding('utf8').on('data', (chunk) => {
        seen.text += chunk;
      });
      return seen;
    }),
  );
  await vi.waitFor(() => expect(texts.every(({ text }) => text.split('\n:\n').length > 2)).toBe(true));
  expect(timers.mock.calls.filter(([, ms]) => ms === 20)).toHaveLength(1);
  timers.mockRestore();
  await streams.close();
  expect(streams.count).toBe(0);
  expect(opened.every(({ gone }) => gone.aborted)).toBe(true);
});
