// Tells when each event came into the log, as a subscriber sees it: follows the events to their end on a connection of its
// own, because a fetch that waits would hold up what is appended on the same one. beside measures with it.
import { createCluster } from '../platform/cluster.ts';
import type { BenchStack } from './bench-stack.ts';

/** `seen` is told kind and subject (`<type>/<id>`) of each event, and when it was seen (milliseconds, monotonic). */
export async function tailEvents(
  { connection, prepared }: BenchStack,
  seen: (kind: string, subject: string, at: number) => void,
): Promise<{ stop: () => Promise<void> }> {
  const topic = prepared.eventsTopic;
  const cluster = createCluster(connection);
  await cluster.watch([topic]);
  const ends = (await cluster.offsets([topic], 'latest')).get(topic) ?? [];
  let stopped = false;

  async function follow(partition: number, from: number): Promise<void> {
    for (let offset = from; !stopped; ) {
      const { records, next } = await cluster.fetch(topic, partition, offset, 4 * 2 ** 20, 250);
      const at = performance.now();
      offset = next;
      for (const { headers } of records) seen(String(headers.ce_type), String(headers.ce_subject), at);
    }
  }

  const following = Promise.all(ends.map((end, partition) => follow(partition, end)));
  // Told by `stop`; until then it only must not end the process.
  following.catch(() => undefined);
  return {
    async stop() {
      stopped = true;
      await following.finally(() => cluster.close());
    },
  };
}
