// Measures how long the system takes to record outcomes again once a fault is over: reads the events as a plain reader,
// from their end at that moment on. Made by run-scenario.ts.
import type { KafkaCluster } from '../../platform/cluster.ts';
import { silent } from '../stack/log.ts';

/** Fences and announcements are no outcomes. */
const isOutcome = (type: string) => /^putlog\.job\.(succeeded|failed|dead|cancelled)$/.test(type);

export function createRecovery(cluster: KafkaCluster, events: string) {
  let latest: { watching: Promise<number | undefined>; ended: { over: boolean } } | undefined;

  async function watch(ended: { over: boolean }): Promise<number | undefined> {
    const began = performance.now();
    const ends = (await cluster.offsets([events], 'latest')).get(events) ?? [];
    const waiting = ends.map(async (end, partition) => {
      for (let at = end; !ended.over; ) {
        const { records } = await cluster.fetch(events, partition, at, 2 ** 18, 200);
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
      const watching = watch(ended);
      // A broker that is not there yet for a plain reader has no outcome to show: told by `firstOutcome`.
      watching.catch((error: unknown) => silent.debug({ err: error }, 'the recovery could not be watched'));
      latest = { watching, ended };
    },
    /** Milliseconds from `healed` to the first outcome after it; undefined: never healed, or none came before `stop`. */
    async firstOutcome(): Promise<number | undefined> {
      if (latest === undefined) return undefined;
      return latest.watching;
    },
    stop(): void {
      if (latest !== undefined) latest.ended.over = true;
    },
  };
}
