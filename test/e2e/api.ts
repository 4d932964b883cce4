// The HTTP client of the tests: connections that are kept alive, and every answer as a value, whatever its status.
import { Pool } from 'undici';
import { until } from '../stack/deadline.ts';
import { inParallel } from './in-parallel.ts';

/** `body` is the JSON of the answer; `ms` how long it took. */
export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Readonly<Record<string, unknown>>;
  ms: number;
};

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';
type RequestOptions = { body?: string | Buffer; headers?: Record<string, string> };

export type Api = ReturnType<typeof createApi>;

const terminal = new Set(['succeeded', 'failed', 'cancelled']);
const json = { 'content-type': 'application/json' };

export function createApi(url: string) {
  const pool = new Pool(url, { connections: 64, bodyTimeout: 60_000, headersTimeout: 60_000 });

  async function request(method: Method, path: string, { body, headers = {} }: RequestOptions = {}): Promise<Answer> {
    const began = performance.now();
    const answer = await pool.request({ method, path, headers, ...(body !== undefined && { body }) });
    const text = await answer.body.text();
    const ms = performance.now() - began;
    return { status: answer.statusCode, headers: answer.headers, body: text === '' ? {} : JSON.parse(text), ms };
  }

  const get = (name: string) => request('GET', `/jobs/${name}`);

  return {
    url,
    request,
    /** `name` is `<type>/<id>`, with a query if need be. */
    put: (name: string, payload: unknown) =>
      request('PUT', `/jobs/${name}`, { body: JSON.stringify(payload), headers: json }),
    get,
    /** Resolves to the last status of each job once all are terminal, in the order asked for. */
    async finished(names: readonly string[], ms = 60_000): Promise<Answer['body'][]> {
      const found = new Map<string, Answer['body']>();
      await until(
        `the end of ${names.length} jobs`,
        async () => {
          const open = names.filter((name) => !found.has(name));
          await inParallel(32, open, async (name) => {
            const { status, body } = await get(name);
            if (status === 200 && terminal.has(String(body.state))) found.set(name, body);
          });
          return found.size === names.length || undefined;
        },
        ms,
      );
      return names.map((name) => found.get(name) ?? {});
    },
    close: () => pool.destroy(),
  };
}
