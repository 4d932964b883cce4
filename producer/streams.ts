// Event streams over HTTP (WHATWG HTML §9.2, text/event-stream): opened, kept alive by one timer for all, bounded where a client does not
// read, and ended in order when the process stops. follow-routes opens them.
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { inTurns } from './in-turns.ts';

export type Stream = {
  /** A client that has not read the last so many bytes is sent off instead; what is written after the end goes nowhere. */
  write: (frame: Buffer | string) => void;
  /** Resolves once the client has read most of what was written, or has gone. */
  drained: () => Promise<void>;
  end: (comment: string) => void;
  /** Aborted once nothing more is taken: the client has gone, or it has been ended. */
  gone: AbortSignal;
};

export type Streams = ReturnType<typeof createStreams>;

export type StreamsOptions = {
  /** Between two comments (milliseconds). */
  keepAliveMs?: number;
  /** That wait for a client to read them. */
  maxWaitingBytes?: number;
};

/** When a client whose connection has broken is to come again (milliseconds). */
const reconnectMs = 1_000;
/** How long one that was sent off may take for what it has not read (milliseconds). */
const lastReadMs = 10_000;
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy (nginx) that gathered it would hold it back.
  'x-accel-buffering': 'no',
};

const farewell = 'the server is stopping; connect again to go on';
const tooSlow = 'event: overflow\ndata: {"detail":"You read too slowly for what happens; connect again to go on."}\n\n';

export function createStreams({ keepAliveMs = 15_000, maxWaitingBytes = 2 ** 20 }: StreamsOptions = {}) {
  const open = new Set<Stream>();
  let stopping = false;
  let keepAlive: NodeJS.Timeout | undefined;
  const beat = () => {
    for (const stream of open) stream.write(':\n\n');
  };
  /** Have been given something in this turn of the event loop. All of it goes to the socket at once, in one chunk. */
  let held: ServerResponse[] = [];
  const release = () => {
    for (const raw of held) if (!raw.writableEnded) raw.uncork();
    held = [];
  };

  function hold(raw: ServerResponse): void {
    if (raw.writableCorked > 0) return;
    raw.cork();
    if (held.push(raw) === 1) setImmediate(release);
  }

  function streamOn(raw: ServerResponse): Stream {
    const gone = new AbortController();
    const finish = (last: string) => {
      if (gone.signal.aborted) return;
      // `end` would write the end of the body before what is held.
      if (raw.writableCorked > 0) raw.uncork();
      raw.end(last);
      forget();
    };
    const forget = () => {
      open.delete(stream);
      if (open.size === 0) {
        clearInterval(keepAlive);
        keepAlive = undefined;
      }
      gone.abort();
    };
    const stream: Stream = {
      gone: gone.signal,
      write(frame) {
        if (gone.signal.aborted) return;
        hold(raw);
        raw.write(frame);
        if (raw.writableLength <= maxWaitingBytes) return;
        finish(tooSlow);
        raw.setTimeout(lastReadMs, () => raw.destroy());
      },
      async drained() {
        if (!raw.writableNeedDrain || gone.signal.aborted) return;
        await new Promise<void>((resolve) => {
          const done = () => {
            raw.off('drain', done);
            gone.signal.removeEventListener('abort', done);
            resolve();
          };
          raw.once('drain', done);
          gone.signal.addEventListener('abort', done);
        });
      },
      end: (comment) => finish(`: ${comment}\n\n`),
    };
    raw.once('close', forget);
    open.add(stream);
    keepAlive ??= setInterval(beat, keepAliveMs).unref();
    if (raw.destroyed) forget();
    return stream;
  }

  return {
    /** Answers 200 with a stream; fastify has nothing more to do with it. */
    open(reply: FastifyReply): Stream {
      reply.hijack();
      const { raw } = reply;
      // The server's own limit is for answers that come to an end.
      raw.setTimeout(0);
      for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers }))
        if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200);
      const stream = streamOn(raw);
      stream.write(`retry: ${reconnectMs}\n\n`);
      // What was asked for before, and took its time.
      if (stopping) stream.end(farewell);
      return stream;
    },
    get count() {
      return open.size;
    },
    /** Resolves once the last one has been ended. */
    async close() {
      stopping = true;
      await inTurns(open, (stream) => stream.end(farewell));
    },
  };
}
