// `npm run bench:beside [-- --seconds N --rounds N]`: does anything in a partition hold up what is beside it? One partition
// gets a steady load of short jobs under many keys: alone, beside one job that runs all the time, alone again, and beside a hot
// key that has a fifth of the load. Prints one JSON line: milliseconds from the append of a command until its outcome is in the
// log, and how much of them is owed to the neighbour.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { fenceEventType } from '../schemas/fence.ts';
import { countOf, startBenchStack } from './bench-stack.ts';
import { percentile } from './http-client.ts';
import { openCalls } from './queue-jobs.ts';
import { tailEvents } from './tail-events.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '55' }, rounds: { type: 'string', default: '1' } },
});
const seconds = countOf('seconds', values.seconds);
const rounds = countOf('rounds', values.rounds);
const perSecond = 100;
const keys = 200;
const longMs = (seconds + 5) * 1_000;
const deadline = 60_000;
const phases = ['before', 'besideLongJob', 'after', 'besideHotKey'] as const;
type Phase = (typeof phases)[number];

const stack = await startBenchStack({ PUTLOG_PARTITIONS: '1' });
try {
  const { topic } = stack;
  const loadBefore = loadavg()[0];
  const worker = await stack.startService('worker');
  const calls = await openCalls(stack, topic);
  const appended = new Map<string, number>();
  const ended = new Map<string, number>();
  const running = new Set<string>();
  /** A figure of a run that lost or repeated something would be worth nothing. */
  const odd: string[] = [];
  const tail = await tailEvents(stack, (kind, subject, at) => {
    if (kind === fenceEventType) return;
    if (kind === 'putlog.job.started') running.add(subject);
    else if (kind !== 'putlog.job.succeeded' || ended.has(subject)) odd.push(`${kind} of ${subject}`);
    else ended.set(subject, at);
  });

  const sleep = (id: string, key: string, ms: number) => {
    appended.set(`demo.sleep/${id}`, performance.now());
    return calls.append({ type: 'demo.sleep', id, key, payload: { ms } });
  };
  const until = async (what: string, there: () => boolean) => {
    for (const limit = performance.now() + deadline; !there(); await delay(5))
      if (odd.length > 0 || performance.now() > limit)
        throw new Error(`${what}: not within ${deadline} ms; odd: ${odd}`);
  };

  /** One job every 10 ms; resolves to the latencies of the jobs of the many keys and of the hot one, when all are over. */
  async function load(name: string, duration: number, hotKey = false): Promise<{ cold: number[]; hot: number[] }> {
    const began = performance.now();
    const sent: { id: string; hot: boolean; stored: Promise<number> }[] = [];
    for (let n = 0; n < duration * perSecond; n++) {
      const wait = began + (n * 1_000) / perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const [id, hot] = [`${name}-${n}`, hotKey && n % 5 === 0];
      sent.push({ id, hot, stored: sleep(id, hot ? 'hot' : `key-${n % keys}`, 10) });
    }
    await Promise.all(sent.map(({ stored }) => stored));
    await until('the outcomes', () => sent.every(({ id }) => ended.has(`demo.sleep/${id}`)));
    const took = (id: string) => (ended.get(`demo.sleep/${id}`) ?? 0) - (appended.get(`demo.sleep/${id}`) ?? 0);
    const of = (which: boolean) => sent.filter(({ hot }) => hot === which).map(({ id }) => took(id));
    return { cold: of(false), hot: of(true) };
  }

  await load('warm-up', 10);
  const measured: Record<Phase, number[]> = { before: [], besideLongJob: [], after: [], besideHotKey: [] };
  const hotKey: number[] = [];
  for (let round = 0; round < rounds; round++)
    for (const phase of phases) {
      const name = `${phase}-${round}`;
      const long = `demo.sleep/long-${round}`;
      if (phase === 'besideLongJob') {
        await sleep(`long-${round}`, 'long', longMs);
        await until('the long job runs', () => running.has(long));
      }
      const { cold, hot } = await load(name, seconds, phase === 'besideHotKey');
      for (const ms of cold) measured[phase].push(ms);
      for (const ms of hot) hotKey.push(ms);
      if (phase !== 'besideLongJob') continue;
      if (ended.has(long)) throw new Error('the long job ended before what was measured beside it');
      await until('the end of the long job', () => ended.has(long));
    }
  await tail.stop();
  await calls.close();
  await worker.end('SIGTERM');

  const alone = (percentile(measured.before, 99) + percentile(measured.after, 99)) / 2;
  const ratio = (phase: Phase) => Math.round((percentile(measured[phase], 99) / alone) * 100) / 100;
  const shown = (all: number[]) => ({ jobs: all.length, p50: percentile(all, 50), p99: percentile(all, 99) });
  const ms = Object.fromEntries(phases.map((phase) => [phase, shown(measured[phase])]));
  const ratios = { besideLongJob: ratio('besideLongJob'), besideHotKey: ratio('besideHotKey') };
  const machine = { cores: cpus().length, node: process.version, loadBefore };
  const settings = { perSecond, keys, longMs, rounds };
  console.log(
    JSON.stringify({
      at: new Date().toISOString(),
      ...settings,
      ms: { ...ms, hotKey: shown(hotKey) },
      ratios,
      machine,
    }),
  );
} finally {
  await stack.stop();
}
