// Thousands of requests that are nearly right: each is answered in good order, and none ends the app or makes it answer 5xx. Here each
// is injected; mutated-requests.e2e.test.ts sends them over sockets to a process.
import { expect, test } from 'vitest';
import { createTestApp } from '../../producer/app.fixture.ts';
import { faultsOf } from './check-answer.ts';
import { createMutations, seeded } from './mutate-request.ts';
import { type ApiRequest, validRequests } from './valid-requests.ts';

const type = 'test.echo';
const valid = validRequests(type);
/** A stream of it has no end to wait for. */
const endless = ['/events'];

const count = Number(process.env.PUTLOG_MUTATIONS ?? 3_000);
const seed = Number(process.env.PUTLOG_MUTATION_SEED ?? 1);

function createAsk() {
  const { app, logged } = createTestApp();
  return {
    app,
    logged,
    async ask({ method, url, headers, body }: ApiRequest) {
      const answer = await app.inject({ method, url, headers, ...(body !== undefined && { payload: body }) });
      return {
        status: answer.statusCode,
        contentType: String(answer.headers['content-type'] ?? ''),
        body: answer.body,
      };
    },
  };
}

test('there is a valid request for each operation that is described', async () => {
  const { app } = createTestApp();
  const { paths }: { paths: Record<string, Record<string, unknown>> } = (await app.inject('/openapi.json')).json();
  const operations = Object.entries(paths)
    // One job type stands for all.
    .filter(([path]) => !path.startsWith('/jobs/test.anything') && !endless.includes(path))
    .flatMap(([path, item]) => Object.keys(item).map((method) => [method.toUpperCase(), path] as const));
  const missing = operations.filter(([method, path]) => {
    const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return !valid.some((one) => one.method === method && pattern.test(one.url.split('?')[0] ?? ''));
  });
  expect(missing).toEqual([]);
});

test('each of them is understood as it stands', async () => {
  const { app, ask } = createAsk();
  for (const request of valid) {
    const answer = await ask(request);
    expect([400, 405, 415, 500], `${request.method} ${request.url}: ${answer.body}`).not.toContain(answer.status);
  }
  await app.close();
});

test(`${count} mutations of them, seed ${seed}: no 5xx, each refusal a problem document`, {
  timeout: 300_000,
}, async () => {
  const { app, ask, logged } = createAsk();
  const mutations = createMutations(seeded(seed));
  const statuses = new Map<number, number>();
  for (let i = 0; i < count; i += 1) {
    const request = mutations.of(valid);
    const answer = await ask(request);
    statuses.set(answer.status, 1 + (statuses.get(answer.status) ?? 0));
    expect(faultsOf(answer, request.method), `${JSON.stringify(request)}\n${answer.body.slice(0, 500)}`).toEqual([]);
  }
  // Mutations that nothing refuses, or of which nothing is accepted, would prove nothing.
  for (const status of [200, 202, 400, 404, 405, 415, 422])
    expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(5);
  expect(logged.filter(({ level }) => level > 30)).toEqual([]);
  await app.close();
});
