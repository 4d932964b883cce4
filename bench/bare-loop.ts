// The least that a worker could do: fetch commands, decode them, append an event for each in batches. No identity, no
// claims, no order, no checkpoint: what a worker's rate is measured against. drain runs it on the same log.
import { createEventRecords } from '../consumer/event-records.ts';
import { outcomeEvent } from '../consumer/outcome.ts';
import { headerOf } from '../platform/batch-record.ts';
import type { LogRecord } from '../platform/log-writer.ts';
import type { BenchStack } from './bench-stack.ts';

/** Appends `jobs` events to `target`, which has the partitions of `topic`. Resolves to how long it took, in milliseconds. */
export async function runBareLoop(stack: BenchStack, topic: string, target: string, jobs: number): Promise<number> {
  const { cluster, prepared } = stack;
  const writer = await stack.openWriter();
  const records = createEventRecords({ ...prepared, topic: target, worker: 'bare' });
  const ends = (await cluster.offsets([topic], 'latest')).get(topic) ?? [];
  let appended = 0;

  async function drain(partition: number, end: number): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    for (let offset = 0; offset < end; ) {
      const fetched = await cluster.fetch(topic, partition, offset, 524_288, 200);
      const events: LogRecord[] = [];
      for (const record of fetched.records) {
        const { offset: at, value } = record;
        const read = prepared.readCommand(value);
        const command = read instanceof Promise ? await read : read;
        const { n, text } = JSON.parse(command.payload) as { n: number; text: string };
        const now = Date.now();
        const about = { position: { topic, partition, offset: at }, startedAt: now, at: now, worker: 'bare' };
        const result = JSON.stringify({ n, length: text.length });
        const event = outcomeEvent({ kind: 'succeeded', result }, command, about);
        events.push(records.event(event, headerOf(record, 'traceparent')));
      }
      offset = (fetched.records.at(-1)?.offset ?? offset - 1) + 1;
      appended += events.length;
      // The next fetch is under way while this batch is being stored; a third one waits.
      await before;
      before = Promise.all(events.map((event) => writer.append(event)));
    }
    await before;
  }

  const began = performance.now();
  await Promise.all(ends.map((end, partition) => drain(partition, end)));
  const took = performance.now() - began;
  await writer.close(10_000);
  if (appended !== jobs) throw new Error(`the bare loop appended ${appended} events, not ${jobs}`);
  return took;
}
