// A client for measuring: so many connections, one request at a time on each (a closed loop).
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

export type Answer = { status: number; body: { state?: string; result?: unknown; succeeded?: number } };

export type BenchClient = ReturnType<typeof createBenchClient>;

export function createBenchClient(base: string, connections: number) {
  const pool = new Pool(base, { connections, pipelining: 1 });

  async function succeeded(): Promise<number> {
    const { status, body } = await call('GET', '/stats');
    if (status !== 200 || body.succeeded === undefined) throw new Error(`GET /stats answered ${status}`);
    return body.succeeded;
  }

  async function call(method: 'GET' | 'PUT', path: string, payload?: unknown): Promise<Answer> {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const body = payload === undefined ? null : JSON.stringify(payload);
    const { statusCode, body: answer } = await pool.request({ method, path, headers, body });
    const text = await answer.text();
    return { status: statusCode, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }

  return {
    async put(type: string, id: string, payload: unknown): Promise<void> {
      const { status, body } = await call('PUT', `/jobs/${type}/${id}`, payload);
      // Others may be done by then.
      if (status !== 202 && status !== 200) throw new Error(`PUT ${id} answered ${status}: ${JSON.stringify(body)}`);
    },
    get: (type: string, id: string) => call('GET', `/jobs/${type}/${id}`),
    succeeded,
    /** Resolves once so many jobs have succeeded; asks every 20 ms. @throws Error after `deadline` milliseconds */
    async untilSucceeded(count: number, deadline: number): Promise<void> {
      for (const limit = performance.now() + deadline; (await succeeded()) < count; await delay(20))
        if (performance.now() > limit) throw new Error(`not all of ${count} jobs succeeded within ${deadline} ms`);
    },
    close: () => pool.close(),
  };
}

/** Value below which so many percent of the values lie (nearest rank), two decimals. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new Error('there are no values');
  return Math.round(value * 100) / 100;
}
