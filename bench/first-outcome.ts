// When does a worker that was started again record its first outcome? Watches the end of every partition of the events, and
// decodes only to see whose they are. large calls it.
import { setTimeout as delay } from 'node:timers/promises';
import { fenceEventType } from '../schemas/fence.ts';
import type { BenchStack } from './bench-stack.ts';

/** Resolves when an event of process `pid` is in the log that is not a fence. @throws after `deadline` milliseconds */
export async function firstOutcomeOf(
  { cluster, prepared }: BenchStack,
  from: readonly number[],
  pid: number,
  deadline: number,
): Promise<void> {
  const topic = prepared.eventsTopic;
  const next = [...from];
  const isItsOwn = new RegExp(`-${pid}-[0-9a-f]+$`);

  async function found(partition: number): Promise<boolean> {
    const { records } = await cluster.fetch(topic, partition, next[partition] ?? 0, 2 ** 20, 1);
    for (const { offset, headers, value } of records) {
      next[partition] = offset + 1;
      if (String(headers.ce_type) === fenceEventType) continue;
      const event = await prepared.readEvent(value);
      if (event.kind !== 'started' && isItsOwn.test(event.worker)) return true;
    }
    return false;
  }

  for (const limit = performance.now() + deadline; performance.now() < limit; await delay(5))
    if ((await Promise.all(next.map((_, partition) => found(partition)))).some((yes) => yes)) return;
  throw new Error(`no outcome of the new worker within ${deadline} ms`);
}
