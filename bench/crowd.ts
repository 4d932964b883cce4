// `npm run bench:crowd [-- --waiting N --following N]`: N clients (2,000) that wait for jobs and N that follow events, all at once
// at one api process. Some of the jobs end under them, others run beside them, then the process gets SIGTERM: each must have its
// answer, or a stream that ended in good order. Prints one JSON line; anything that went wrong is an error.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Agent, type Dispatcher } from 'undici';
import { countOf, startBenchStack } from './bench-stack.ts';
import { percentile } from './http-client.ts';
import { watchMemory } from './memory.ts';

const { values } = parseArgs({
  options: { waiting: { type: 'string', default: '2000' }, following: { type: 'string', default: '2000' } },
});
const waiting = countOf('waiting', values.waiting);
const following = countOf('following', values.following);
const others = 200;
const type = 'demo.echo';
const json = { 'content-type': 'application/json' };
const body = JSON.stringify({ n: 1, text: 'x' });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

type Waited = { status: number; state: string | undefined; ms: number };
/** `ended`: the stream was closed as HTTP closes it, not broken off. */
type Followed = { opened: boolean; ended: boolean; kinds: string[] };

const stack = await startBenchStack();
try {
  const [api] = await Promise.all((['api', 'worker', 'projector'] as const).map(stack.startService));
  if (api === undefined) throw new Error('there is no api');
  const { url } = api;
  const patient = { headersTimeout: 120_000, bodyTimeout: 120_000 };
  /** A connection for each of them, as each would be a client of its own. */
  const crowd = new Agent({ ...patient, connections: waiting + following, pipelining: 1 });
  const few = new Agent({ ...patient, connections: 32, pipelining: 1 });
  let phase = 'accepting';
  async function request(
    from: Dispatcher,
    method: Dispatcher.HttpMethod,
    path: string,
    headers: Record<string, string>,
  ) {
    const began = phase;
    try {
      return await from.request({ origin: url, path, method, headers, ...(method === 'PUT' && { body }) });
    } catch (cause) {
      throw new Error(`${method} ${path}, begun while ${began}, failed while ${phase}`, { cause });
    }
  }

  async function put(path: string, headers: Record<string, string> = json): Promise<Waited> {
    const began = performance.now();
    const answer = await request(few, 'PUT', path, headers);
    const { state } = (await answer.body.json()) as { state?: string };
    return { status: answer.statusCode, state, ms: performance.now() - began };
  }

  async function wait(n: number): Promise<Waited> {
    const began = performance.now();
    const answer = await request(crowd, 'GET', `/jobs/${type}/c-${n}`, { prefer: 'wait=30' });
    const { state } = (await answer.body.json()) as { state?: string };
    return { status: answer.statusCode, state, ms: performance.now() - began };
  }

  async function follow(path: string, seen: Followed): Promise<void> {
    const answer = await request(crowd, 'GET', path, { accept: 'text/event-stream' });
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`);
    seen.opened = true;
    for await (const chunk of answer.body)
      for (const line of String(chunk).split('\n'))
        if (line.startsWith('event:')) seen.kinds.push(line.slice(6).trim());
    seen.ended = true;
  }

  const loadBefore = loadavg()[0];
  const accepted = await inTurns(numbers(waiting), 32, (n) => put(`/jobs/${type}/c-${n}?delay=PT1H`));
  if (accepted.some(({ status }) => status !== 202)) throw new Error('not all jobs were accepted');

  const memory = watchMemory(() => ({ api }));
  phase = 'everybody comes';
  const waits = numbers(waiting).map(wait);
  const seen = numbers(following).map((): Followed => ({ opened: false, ended: false, kinds: [] }));
  const pathOf = (n: number) => (n % 2 === 0 ? `/events?type=${type}` : `/jobs/${type}/c-${n % waiting}/events`);
  const follows = seen.map((one, n) => follow(pathOf(n), one));
  await until('everybody is connected', () => seen.every(({ opened }) => opened));

  phase = 'others run';
  const beside = await inTurns(numbers(others), 16, (n) =>
    put(`/jobs/${type}/beside-${n}`, { ...json, prefer: 'wait=20' }),
  );
  const ofAll = seen.filter((_, n) => n % 2 === 0);
  await until('the events of the others', () => ofAll.every(({ kinds }) => count(kinds, 'succeeded') >= others));

  phase = 'some are cancelled';
  const cancelled = numbers(Math.floor(waiting / 4));
  await inTurns(cancelled, 32, async (n) => (await request(few, 'DELETE', `/jobs/${type}/c-${n}`, {})).body.dump());
  const soonest = await Promise.all(cancelled.map((n) => waits[n]));

  phase = 'the api stops';
  const asked = performance.now();
  await api.end('SIGTERM');
  const drainMs = performance.now() - asked;
  const rest = await Promise.all(waits.slice(cancelled.length));
  await Promise.all(follows);

  const odd = [
    ...beside.filter(({ status, state }) => status !== 200 || state !== 'succeeded'),
    ...soonest.filter((one) => one?.status !== 200 || one.state !== 'cancelled'),
    ...rest.filter(({ status, state }) => status !== 200 || state !== 'scheduled'),
    ...seen.filter(({ ended }) => !ended),
    ...ofAll.filter(({ kinds }) => count(kinds, 'succeeded') !== others),
  ];
  if (odd.length > 0) throw new Error(`${odd.length} went wrong: ${JSON.stringify(odd.slice(0, 3))}`);
  await Promise.all([crowd.close(), few.close()]);
  const ms = {
    p50: percentile(
      beside.map((one) => one.ms),
      50,
    ),
    p99: percentile(
      beside.map((one) => one.ms),
      99,
    ),
  };
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const measured = { besideMs: ms, drainMs: Math.round(drainMs), memory: await memory.stop() };
  console.log(JSON.stringify({ at: new Date().toISOString(), waiting, following, ...measured, machine }));
} finally {
  await stack.stop();
}

function count(all: readonly string[], one: string): number {
  return all.filter((kind) => kind === one).length;
}

async function inTurns<Item, Result>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  const queue = items.entries();
  const one = async () => {
    for (const [n, item] of queue) results[n] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return results;
}

async function until(what: string, there: () => boolean): Promise<void> {
  for (const limit = performance.now() + 60_000; !there(); await new Promise((resolve) => setTimeout(resolve, 20)))
    if (performance.now() > limit) throw new Error(`${what}: not within 60 s`);
}
