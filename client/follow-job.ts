// Follows a job: its events from the first (or behind one that is known) to its end, each once, over any number of connections. A
// connection that breaks is made again and goes on behind the last event; so it is with a server that stops.
import { type Connection, pause } from './connection.ts';
import { eventStream } from './event-stream.ts';
import { type JobEvent, type JobName, jobPath, terminalKinds } from './job.ts';

export type FollowOptions = {
  /** `lastEventId` of an event: begins behind it. */
  after?: string;
  /** How long a connection may say nothing, not even that it lives, before another one is made (milliseconds); 45,000 unless told. */
  idle?: number;
  signal?: AbortSignal;
};

const firstReconnectMs = 1_000;

/** To a caller a stream that breaks has only ended: the next connection goes on behind it. @throws the signal's reason */
async function* untilBroken<T>(
  messages: AsyncGenerator<T>,
  { signal, onBreak }: { signal: AbortSignal | undefined; onBreak: () => void },
): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch {
    signal?.throwIfAborted();
    onBreak();
  }
}

/**
 * Ends after the event that ends the job. A job that was sent again is followed to the end of its latest generation.
 * @throws ProblemError, ConnectionError when no server is reached however often it is tried, the signal's reason
 */
export async function* followJob<R>(
  { open }: Connection,
  job: JobName<R>,
  { after, idle = 45_000, signal }: FollowOptions = {},
): AsyncGenerator<JobEvent<R>> {
  let lastEventId = after;
  let reconnectMs = firstReconnectMs;
  let isOver = false;
  for (;;) {
    signal?.throwIfAborted();
    const connection = new AbortController();
    const signals = signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]);
    try {
      const response = await open({
        ...{ method: 'GET', path: `${jobPath(job)}/events`, signal: signals, repeatable: 'always' },
        headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      });
      // Nothing more will come.
      if (response.status === 204 || response.body === null) return;
      const onRetry = (ms: number) => {
        reconnectMs = ms;
      };
      // What came last may not have been all.
      const onBreak = () => {
        isOver = false;
      };
      const messages = eventStream(response.body, { idleMs: idle, onRetry });
      for await (const { id, data } of untilBroken(messages, { signal, onBreak })) {
        // What has no id is about the stream, not about the job.
        if (id === undefined || id === lastEventId) continue;
        lastEventId = id;
        const event: JobEvent<R> = { ...JSON.parse(data), lastEventId: id };
        isOver = terminalKinds.has(event.kind);
        yield event;
      }
    } finally {
      connection.abort();
    }
    if (isOver) return;
    await pause(reconnectMs * (0.5 + Math.random()), signal);
  }
}
