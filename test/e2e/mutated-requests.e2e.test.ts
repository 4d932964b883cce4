// Ten thousand requests that are nearly right, over sockets, to a process in front of a real log: none is answered 5xx, each refusal is a
// problem document, and the process answers as before.
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultsOf, type Given } from '../api/check-answer.ts';
import { createMutations, seeded } from '../api/mutate-request.ts';
import { type ApiRequest, validRequests } from '../api/valid-requests.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import type { ServiceProcess } from './service-process.ts';
import { useSystem } from './system.ts';

const count = 10_000;
const seed = Number(process.env.PUTLOG_MUTATION_SEED ?? 2);
const valid = validRequests('demo.echo');

const system = useSystem();
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
let api: Api & { process: ServiceProcess };

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});
afterAll(() => agent.destroy());

function ask({ method, url, headers, body }: ApiRequest): Promise<Given> {
  const { hostname, port } = new URL(api.url);
  // Without it the body of a GET would be a request of its own.
  const length = { 'content-length': String(Buffer.byteLength(body ?? '')) };
  return new Promise((resolve, reject) => {
    const asking = httpRequest(
      { ...{ agent, hostname, port, method, path: url }, headers: { ...headers, ...(body !== undefined && length) } },
      async (answer) => {
        const contentType = answer.headers['content-type'] ?? '';
        const given = { status: answer.statusCode ?? 0, contentType };
        // A stream may have no end.
        const isStream = contentType.startsWith('text/event-stream');
        resolve({ ...given, body: isStream ? '' : await text(answer).catch(() => '') });
        if (isStream) asking.destroy();
      },
    );
    asking.once('error', reject).end(body);
  });
}

test(`${count} mutated requests, seed ${seed}`, { timeout: 900_000 }, async () => {
  const mutations = createMutations(seeded(seed));
  const requests = Array.from({ length: count }, () => mutations.of(valid));
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  await inParallel(8, requests, async (request) => {
    const answer = await ask(request).catch((error: unknown) => ({ status: 0, contentType: '', body: String(error) }));
    statuses.set(answer.status, 1 + (statuses.get(answer.status) ?? 0));
    const found = answer.status === 0 ? ['no answer'] : faultsOf(answer, request.method);
    if (found.length > 0) faults.push(`${found.join(', ')}: ${JSON.stringify(request)} ${answer.body.slice(0, 300)}`);
  });
  expect(faults.slice(0, 20)).toEqual([]);
  for (const status of [200, 202, 400, 404, 405, 415, 422])
    expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(5);
});

test('the same process answers as before, and nothing was unexpected to it', async () => {
  await api.request('POST', '/queues/default/resume');
  expect((await api.put('demo.echo/after', { n: 1, text: 'x' })).status).toBe(202);
  expect(await api.finished(['demo.echo/after'])).toMatchObject([{ state: 'succeeded', result: { n: 1, length: 1 } }]);
  expect(api.process.hasEnded()).toBe(false);
  const output = await api.process.output();
  expect(output.split('\n').filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});
