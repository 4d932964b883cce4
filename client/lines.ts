// Newline-delimited JSON in both directions: values to a request body that is read as it is sent, an answer's body to values.

/** Characters; what is at hand goes together. */
const chunkSize = 16_384;

/**
 * `body` takes the next value when the connection takes more; what `values` throws breaks it off. `end` ends `values`, because a
 * request that is aborted does not. `failure` is what `values` threw.
 */
export function linesOf<T>(values: Iterable<T> | AsyncIterable<T>) {
  const encoder = new TextEncoder();
  const lines = Symbol.iterator in values ? inChunks(values) : oneByOne(values);
  const failed: unknown[] = [];
  const next = () =>
    lines.next().catch((error: unknown) => {
      failed.push(error);
      throw error;
    });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await next();
      if (step.done) controller.close();
      else controller.enqueue(encoder.encode(step.value));
    },
  });
  return {
    body,
    /** Not waited for: the next value may be long in coming. */
    end() {
      lines.return(undefined).catch((error: unknown) => failed.push(error));
    },
    failure: (): { error: unknown } | undefined => (failed.length > 0 ? { error: failed[0] } : undefined),
  };
}

async function* inChunks(values: Iterable<unknown>): AsyncGenerator<string, undefined> {
  let chunk = '';
  for (const value of values) {
    chunk += `${JSON.stringify(value)}\n`;
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** The next one may be long in coming. */
async function* oneByOne(values: AsyncIterable<unknown>): AsyncGenerator<string, undefined> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

/** @throws SyntaxError for a line that is not JSON, whatever breaks the body off */
export async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
      if (done) return;
    }
  } finally {
    // Nobody reads on, or it is broken: its end tells nothing.
    reader.cancel().catch(() => undefined);
  }
}
