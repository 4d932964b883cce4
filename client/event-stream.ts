// Reads an event stream (WHATWG HTML §9.2) from an answer, message by message. follow-job.ts calls it.
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ConnectionError } from './problem-error.ts';

/** Resolves to what comes first; a server that lives says something every 15 seconds. @throws ConnectionError after `ms` */
async function within<T>(ms: number, next: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError(`nothing came for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param idleMs how long the stream may be silent. @throws ConnectionError, whatever breaks the stream; its end is an end */
export async function* eventStream(
  body: ReadableStream<Uint8Array>,
  { idleMs, onRetry }: { idleMs: number; onRetry: (ms: number) => void },
): AsyncGenerator<EventSourceMessage> {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message), onRetry });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(idleMs, reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    // The stream is broken, or nobody reads it any more: what its end says tells nothing.
    reader.cancel().catch(() => undefined);
  }
}
