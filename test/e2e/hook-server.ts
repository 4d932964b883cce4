// An endpoint for webhooks, in the test's own process: keeps what it is told, with its header fields, and answers what it is asked to.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';

export type Told = { path: string; headers: IncomingHttpHeaders; body: string };

type Answer = { status: number; headers?: Record<string, string> };

/** To be called once at the top of a test file, because it registers hooks. `answers`: the n-th time (from 1) that a path is called. */
export function useHookServer(answers: (path: string, time: number) => Answer) {
  const told: Told[] = [];
  const times = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { url: path = '', headers } = request;
    told.push({ path, headers, body: await text(request) });
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    const answer = answers(path, time);
    response.writeHead(answer.status, answer.headers ?? {}).end();
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    toldOf: (path: string) => told.filter((one) => one.path === path),
  };
}
