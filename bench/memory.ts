// Memory of some processes over the time of a measurement: sampled each second, thinned out to a line of twenty values.
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchService } from './bench-stack.ts';

/** MiB: the most, at the end, and over the time at even distances. */
export type Memory = { max: number; end: number; series: number[] };

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const points = 20;

/** `services` is asked at each sample, since one may take another's place. */
export function watchMemory<Name extends string>(services: () => Record<Name, BenchService>) {
  const samples: Record<string, number>[] = [];
  const ended = new AbortController();

  async function sample(): Promise<void> {
    const entries = Object.entries<BenchService>(services());
    const values = await Promise.all(entries.map(async ([name, service]) => [name, mebibytes(await service.rss())]));
    samples.push(Object.fromEntries(values));
  }

  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      await sample();
      await delay(1_000, undefined, { signal: ended.signal }).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
    }
  }
  const watching = watch();
  watching.catch(() => ended.abort());

  return {
    async stop(): Promise<Record<string, Memory>> {
      ended.abort();
      await watching;
      const names = Object.keys(services());
      return Object.fromEntries(
        names.map((name) => {
          const all = samples.map((values) => values[name] ?? 0);
          const step = Math.max(1, Math.ceil(all.length / points));
          const series = all.filter((_, i) => i % step === 0);
          return [name, { max: all.reduce((a, b) => Math.max(a, b), 0), end: all.at(-1) ?? 0, series }];
        }),
      );
    },
  };
}
