// Requests to a server: its address and the key are added, what may be repeated is repeated, and what is no success is thrown.
import { ConnectionError, ProblemError, problemErrorOf } from './problem-error.ts';
import { type Repeatable, type RetryOptions, retryDelay, usualRetries } from './retry-delay.ts';

export type ConnectionOptions = {
  /** Where the API is, such as http://localhost:3000. */
  url: string | URL;
  /** Sent as `Authorization: Bearer`. */
  key?: string;
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch;
  /** How often, and how soon, a request is repeated. */
  retries?: Partial<RetryOptions>;
  /** How long an answer may take to begin, beside what the request asks to wait (milliseconds); 30,000 unless told. */
  timeout?: number;
};

export type ClientRequest = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Without a leading slash, with its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | ReadableStream<Uint8Array>;
  signal?: AbortSignal | undefined;
  repeatable: Repeatable;
  /** Milliseconds that the server is asked to hold the answer back; infinite: there is no saying when it begins. */
  waits?: number;
};

export type Answer = { status: number; headers: Headers; body: unknown };

/** @throws ProblemError, ConnectionError, the reason of the request's signal */
export type Connection = {
  /** The whole answer, as JSON. */
  ask: (request: ClientRequest) => Promise<Answer>;
  /** An answer of which the body is still to be read; `signal` ends that too. */
  open: (request: ClientRequest & { signal: AbortSignal }) => Promise<Response>;
};

/** @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** No proxy, no browser and no server has to understand a body that is no JSON as one. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new ConnectionError('the answer is not JSON', { cause });
  }
}

export function createConnection(options: ConnectionOptions): Connection {
  const { key, timeout = 30_000 } = options;
  const base = String(options.url).replace(/\/*$/, '/');
  const retries = { ...usualRetries, ...options.retries };
  const fetch = options.fetch ?? globalThis.fetch;

  function start({ method, path, headers, body, signal }: ClientRequest): Promise<Response> {
    const init = {
      method,
      headers: { ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      ...(signal && { signal }),
      ...(body !== undefined && { body }),
      // A body that is a stream is sent while the answer is read.
      ...(typeof body === 'object' && { duplex: 'half' as const }),
    };
    return fetch(new URL(path, base), init);
  }

  /** One request after another, until `attempt` gives something or what it throws is final. */
  async function repeated<T>(request: ClientRequest, attempt: () => Promise<T>): Promise<T> {
    const { signal, repeatable, method, path } = request;
    for (let made = 1; ; made += 1) {
      signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (thrown) {
        signal?.throwIfAborted();
        const known = thrown instanceof ProblemError || thrown instanceof ConnectionError;
        const error = known
          ? thrown
          : new ConnectionError(`no answer to ${method} ${new URL(path, base).href}`, { cause: thrown });
        const ms = retryDelay(error, { attempt: made, repeatable, retries, random: Math.random() });
        if (ms === undefined) throw error;
        await pause(ms, signal);
      }
    }
  }

  /** Aborts when the caller does, and when nothing has come after so long. */
  function limited(signal: AbortSignal | undefined, ms: number): AbortSignal {
    const limit = AbortSignal.timeout(ms);
    return signal === undefined ? limit : AbortSignal.any([signal, limit]);
  }

  return {
    ask: (request) =>
      repeated(request, async () => {
        const response = await start({ ...request, signal: limited(request.signal, timeout + (request.waits ?? 0)) });
        const text = await response.text();
        if (!response.ok) throw problemErrorOf(response, text);
        return { status: response.status, headers: response.headers, body: parsed(text) };
      }),
    open: (request) =>
      repeated(request, async () => {
        const begins = new AbortController();
        const ms = timeout + (request.waits ?? 0);
        const late = () => begins.abort(new ConnectionError(`no answer began within ${ms} ms`));
        const timer = Number.isFinite(ms) ? setTimeout(late, ms) : undefined;
        try {
          const response = await start({ ...request, signal: AbortSignal.any([request.signal, begins.signal]) });
          if (!response.ok) throw problemErrorOf(response, await response.text());
          return response;
        } finally {
          clearTimeout(timer);
        }
      }),
  };
}
