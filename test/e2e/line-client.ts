// A client of POST /jobs that sends and reads at the same time, at whatever pace a test wants of either.
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type LineResult = { line: number; status: number; id?: string; code?: string };

/** `sent` takes the body; nothing of the answer is read before `results` is called. */
export function postLines(url: string, headers: Record<string, string> = {}) {
  const sent: ClientRequest = request(`${url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
  const answered = once(sent, 'response');
  // Who waits for it is told; who does not, because it was cut off on purpose, is not disturbed.
  answered.catch(() => undefined);

  return {
    sent,
    /** Sends all of these, as fast as they are taken. Resolves when the last one is handed to the system. */
    send: (lines: Iterable<string>): Promise<void> => pipeline(Readable.from(lines), sent),
    async *results(): AsyncGenerator<LineResult> {
      const [answer]: IncomingMessage[] = await answered;
      if (answer?.statusCode !== 200) throw new Error(`answered ${answer?.statusCode}`);
      for await (const line of linesOf(answer)) yield JSON.parse(line);
    },
  };
}

/** Whoever leaves the loop ends the answer with it. (node:readline goes on listening, and throws what comes then at nobody.) */
async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let begun = '';
  for await (const text of answer.setEncoding('utf8')) {
    const lines = `${begun}${text}`.split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
  if (begun !== '') yield begun;
}

/** Everything at once. */
export async function postAll(url: string, lines: Iterable<string>, headers?: Record<string, string>) {
  const { send, results } = postLines(url, headers);
  const [found] = await Promise.all([Array.fromAsync(results()), send(lines)]);
  return found;
}
