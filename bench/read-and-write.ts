// Load beside a measurement: PUTs and GETs at a steady pace, each GET of a job that was accepted. What goes wrong is counted: an answer that is
// no success, and a job that says less than it did before.
import { Pool } from 'undici';

/** Milliseconds at the 99th percentile. */
export type SeenBeside = {
  accepted: number;
  reads: number;
  errors: number;
  stepsBack: number;
  putP99: number;
  getP99: number;
};

const over = new Set(['succeeded', 'failed', 'cancelled']);
/** Of what was accepted last: what moves is young. */
const young = 200;

const p99 = (times: number[]): number => Math.round(times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0);

export function readAndWrite(
  url: string,
  { writesPerSecond, readsPerSecond }: { writesPerSecond: number; readsPerSecond: number },
) {
  const pool = new Pool(url, { connections: 32 });
  const names: string[] = [];
  const ended = new Set<string>();
  const reading = new Set<string>();
  const [putMs, getMs]: [number[], number[]] = [[], []];
  const seen = { accepted: 0, reads: 0, errors: 0, stepsBack: 0 };
  const open = new Set<Promise<void>>();

  function begin(work: () => Promise<void>) {
    const one = work()
      .catch((error: unknown) => {
        seen.errors++;
        console.error(error);
      })
      .finally(() => open.delete(one));
    open.add(one);
  }

  async function ask(method: 'GET' | 'PUT', path: string, body?: string) {
    const began = performance.now();
    const headers = { 'content-type': 'application/json' };
    const answer = await pool.request({ method, path, headers, ...(body !== undefined && { body }) });
    const text = await answer.body.text();
    (method === 'GET' ? getMs : putMs).push(performance.now() - began);
    return { status: answer.statusCode, text };
  }

  let n = 0;
  async function write() {
    const name = `demo.echo/beside-${n++}`;
    const { status } = await ask('PUT', `/jobs/${name}`, '{"n":1,"text":"beside"}');
    if (status !== 202) seen.errors++;
    else names[seen.accepted++] = name;
  }

  async function read() {
    const name = names[names.length - 1 - Math.floor(Math.random() * Math.min(names.length, young))];
    if (name === undefined || reading.has(name)) return;
    reading.add(name);
    const { status, text } = await ask('GET', `/jobs/${name}`);
    reading.delete(name);
    seen.reads++;
    const state = status === 200 ? String(JSON.parse(text).state) : '';
    if (status !== 200) seen.errors++;
    else if (over.has(state)) ended.add(name);
    else if (ended.has(name)) seen.stepsBack++;
  }

  const timers = [
    setInterval(() => begin(write), 1_000 / writesPerSecond),
    setInterval(() => begin(read), 1_000 / readsPerSecond),
  ];
  return {
    async stop(): Promise<SeenBeside> {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(open);
      await pool.destroy();
      return { ...seen, putP99: p99(putMs), getP99: p99(getMs) };
    },
  };
}
