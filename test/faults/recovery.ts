// Measures how long the system takes to record outcomes again once a fault is over: reads the events as a plain reader,
// from their end at that moment on. Made by run-scenario.ts.
import { setTimeout as wait } from 'node:timers/promises';
import type { KafkaCluster } from '../../platform/cluster.ts';
import { silent } from '../stack/log.ts';

/** Fences and announcements are no outcomes. */
const isOutcome = (type: string) => /^putlog\.job\.(succeeded|failed|dead|cancelled)$/.test(type);

export function createRecovery(cluster: KafkaCluster, events: string) {
  let latest: { watching: Promise<number | undefined>; ended: { over: boolean } } | undefined;

  /** A broker that has just come back does not lead anything yet: asked again until it does. */
  async function patiently<T>(ended: { over: boolean }, ask: () => Promise<T>): Promise<T | undefined> {
    while (!ended.over) {
      try {
        return await ask();
      } catch (error) {
        silent.debug({ err: error }, 'not yet');
        await wait(50);
        await cluster.refresh().catch((again: unknown) => silent.debug({ err: again }, 'nor that'));
      }
    }
    return undefined;
  }

  async function watch(ended: { over: boolean }): Promise<number | undefined> {
    const began = performance.now();
    const ends = await patiently(ended, () => cluster.offsets([events], 'latest'));
    if (ends === undefined) return undefined;
    const waiting = (ends.get(events) ?? []).map(async (end, partition) => {
      for (let at = end; !ended.over; ) {
        const found = await patiently(ended, () => cluster.fetch(events, partition, at, 2 ** 18, 200));
        const records = found?.records ?? [];
        if (records.some(({ headers }) => isOutcome(String(headers.ce_type)))) return performance.now() - began;
        at = (records.at(-1)?.offset ?? at - 1) + 1;
      }
      return undefined;
    });
    const first = await Promise.race(waiting);
    ended.over = true;
    return first;
  }

  return {
    /** The fault is over now. */
    healed(): void {
      if (latest !== undefined) latest.ended.over = true;
      const ended = { over: false };
      latest = { watching: watch(ended), ended };
    },
    /** Milliseconds from `healed` to the first outcome after it; undefined: never healed, or none came before `stop`. */
    firstOutcome: async (): Promise<number | undefined> => latest?.watching,
    stop(): void {
      if (latest !== undefined) latest.ended.over = true;
    },
  };
}
