// How many jobs have an outcome in the log, and how many have more than one, by the headers alone. large ends with it: a
// figure of a run that lost or repeated something would be worth nothing.
import type { BenchStack } from './bench-stack.ts';

export async function countOutcomes({ cluster, prepared }: BenchStack): Promise<{ jobs: number; twice: number }> {
  const topic = prepared.eventsTopic;
  const ends = (await cluster.offsets([topic], 'latest')).get(topic) ?? [];
  const seen = new Set<string>();
  let twice = 0;
  for (const [partition, end] of ends.entries())
    for (let offset = 0; offset < end; ) {
      const { records } = await cluster.fetch(topic, partition, offset, 4 * 2 ** 20, 500);
      for (const { offset: at, headers } of records) {
        offset = at + 1;
        if (String(headers.ce_type) !== 'putlog.job.succeeded') continue;
        const subject = String(headers.ce_subject);
        if (seen.has(subject)) twice++;
        seen.add(subject);
      }
    }
  return { jobs: seen.size, twice };
}
