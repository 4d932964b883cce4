// A client of event streams (text/event-stream) for tests: it keeps every frame, and comes again by itself, with Last-Event-ID, where
// its stream ends before the job does, as a browser's EventSource does.
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

export type Frame = { id: string; event: string; data: Readonly<Record<string, unknown>> };

/** `text` is one frame without the empty line at its end. Undefined: a comment, or a hint. */
function frameOf(text: string): Frame | undefined {
  const field = (name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n');
  return field('data') === ''
    ? undefined
    : { id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Frame['data'] };
}

export type Followed = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Resolves to the whole text once the stream has ended, or was cut off. */
  ended: Promise<string>;
  close: () => void;
};

/** One connection. `seen` is told of each frame as it comes. */
export async function follow(
  url: string,
  seen: (frame: Frame) => void = () => undefined,
  lastEventId?: string,
): Promise<Followed> {
  const over = new AbortController();
  const answer = await request(url, {
    headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: over.signal,
    bodyTimeout: 0,
    headersTimeout: 60_000,
  });
  async function read(): Promise<string> {
    let [all, rest] = ['', ''];
    try {
      for await (const chunk of answer.body.setEncoding('utf8')) {
        all += chunk;
        const texts = (rest + chunk).split('\n\n');
        rest = texts.pop() ?? '';
        for (const text of texts) {
          const frame = frameOf(text);
          if (frame !== undefined) seen(frame);
        }
      }
    } catch (error) {
      // The process, or this client, has gone: what came before counts all the same.
      if (!(error instanceof Error)) throw error;
    }
    return all;
  }
  return { status: answer.statusCode, headers: answer.headers, ended: read(), close: () => over.abort() };
}

/** Every event of a job, over as many connections as it takes, until the server says 204. `urlOf` is asked before each. */
export async function followToEnd(urlOf: () => string, seen: (frame: Frame) => void = () => undefined) {
  const frames: Frame[] = [];
  const statuses: number[] = [];
  for (;;) {
    try {
      const take = (frame: Frame) => {
        frames.push(frame);
        seen(frame);
      };
      const { status, ended } = await follow(urlOf(), take, frames.at(-1)?.id);
      statuses.push(status);
      await ended;
      if (status === 204) return { frames, statuses };
      if (status !== 200 && status !== 503) throw new Error(`the stream is answered ${status}`);
    } catch (error) {
      // Nobody listens there for the moment.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
    await delay(100);
  }
}
