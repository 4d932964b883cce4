// What happens to jobs from now on, for `putlog events` and `putlog watch`: over any number of connections, because a server that stops, or
// a client that reads too slowly, ends one. What happens in between is not told.
import { type Connection, pause } from '../client/connection.ts';
import { eventStream } from '../client/event-stream.ts';
import { ConnectionError } from '../client/problem-error.ts';

/** An event as the API tells it; times are RFC 3339. */
export type HeardEvent = Readonly<Record<string, unknown>> & { kind: string; job: string; at: string; attempt: number };

/** Longer than the server is ever silent (milliseconds). */
const idleMs = 45_000;

export type EventQuery = { type?: string | undefined; kind?: string | undefined };

/** With its `?`; '' where nothing is asked for. */
export function queryText(query: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given}`;
}

/**
 * Ends when `signal` is aborted. `interrupted` is told when a connection broke.
 * @throws ProblemError, ConnectionError where no server is reached however often it is tried
 */
export async function* hearEvents(
  { open }: Pick<Connection, 'open'>,
  query: EventQuery,
  { signal, interrupted }: { signal: AbortSignal; interrupted: (why: string) => void },
): AsyncGenerator<HeardEvent> {
  const path = `events${queryText(query)}`;
  const headers = { accept: 'text/event-stream' };
  while (!signal.aborted) {
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    try {
      const { body } = await open({ method: 'GET', path, headers, signal: either, repeatable: 'always' });
      if (body === null) throw new ConnectionError('the event stream is empty');
      const broken: unknown[] = [];
      for await (const { event, data } of untilBroken(eventStream(body, { idleMs, onRetry: () => undefined }), broken))
        if (event !== 'overflow') yield JSON.parse(data) as HeardEvent;
      const [why] = broken;
      if (!signal.aborted) interrupted(why instanceof Error ? why.message : 'the server ended the stream');
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    } finally {
      connection.abort();
    }
    await pause(500 + 500 * Math.random(), signal).catch(() => undefined);
  }
}

/** A stream that breaks has ended, to who reads it: why is put into `broken`. */
async function* untilBroken<T>(messages: AsyncGenerator<T>, broken: unknown[]): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    broken.push(error);
  }
}
