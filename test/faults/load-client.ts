// The HTTP client of the load generator: sends one PUT or GET and says what a careful client may conclude from the answer,
// a lost connection included. Never throws for what the server or the network does.
import { Pool } from 'undici';
import { jobStates } from '../../schemas/job-status.ts';
import type { Call, PutAnswer, Reading } from './journal.ts';

/** Each key has its lane, most of them the normal one: a key has an order inside a lane only. */
const priorityOf = (key: string): { priority?: string } => {
  if (key.endsWith('1')) return { priority: 'u=0' };
  return key.endsWith('2') ? { priority: 'u=7' } : {};
};

/** Of the answers 503, those that say for certain that nothing was stored. */
const surelyNotStored = new Set(['log-unavailable', 'overloaded', 'shutting-down']);

/** What a status and the code of its problem document say of a PUT. */
export function putOutcome(status: number, code: string | null): PutAnswer['outcome'] {
  if (status === 200 || status === 202) return 'acked';
  if (status >= 400 && status < 500) return 'rejected';
  return status === 503 && code !== null && surelyNotStored.has(code) ? 'rejected' : 'unknown';
}

type Body = Readonly<Record<string, unknown>>;

type ClientOptions = {
  bases: readonly string[];
  connections: number;
  random: () => number;
  /** All calls in the normal lane. */
  oneLane: boolean;
};

export function createLoadClient({ bases, connections, random, oneLane }: ClientOptions) {
  const perBase = Math.ceil(connections / bases.length) + 8;
  const timeouts = { headersTimeout: 20_000, bodyTimeout: 20_000, connect: { timeout: 5_000 } };
  const pools = bases.map((base) => new Pool(base, { connections: perBase, pipelining: 1, ...timeouts }));

  async function request(method: 'GET' | 'PUT', path: string, payload?: unknown, more = {}) {
    const pool = pools[Math.floor(random() * pools.length)];
    if (pool === undefined) throw new Error('there is no API to send to');
    const headers = payload === undefined ? {} : { 'content-type': 'application/json', ...more };
    const body = payload === undefined ? null : JSON.stringify(payload);
    const { statusCode, body: answer } = await pool.request({ method, path, headers, body });
    const text = await answer.text();
    return { status: statusCode, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }

  return {
    async put({ type, id, key, payload, delay }: Call): Promise<PutAnswer> {
      try {
        const query = `key=${encodeURIComponent(key)}${delay === undefined ? '' : `&delay=${delay}`}`;
        const { status, body } = await request(
          'PUT',
          `/jobs/${type}/${id}?${query}`,
          payload,
          oneLane ? {} : priorityOf(key),
        );
        const code = typeof body.code === 'string' ? body.code : null;
        return { outcome: putOutcome(status, code), status, code };
      } catch (error) {
        return { outcome: 'unknown', status: null, code: codeOf(error) };
      }
    },
    /** Undefined: it could not be told right now (503, or no answer). */
    async get(name: string): Promise<Reading | undefined> {
      try {
        const { status, body } = await request('GET', `/jobs/${name}`);
        if (status === 404) return { state: 'missing', generation: 0, attempt: 0 };
        const state = jobStates.find((known) => known === body.state);
        if (status !== 200 || state === undefined) return undefined;
        return { state, generation: Number(body.generation), attempt: Number(body.attempt) };
      } catch (error) {
        // A server that is away says nothing about the job: there is no reading.
        return codeOf(error) === '' ? Promise.reject(error) : undefined;
      }
    },
    close: () => Promise.all(pools.map((pool) => pool.destroy())).then(() => undefined),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof SyntaxError ? 'cut-short' : '';
}
