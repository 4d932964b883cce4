// Cuts an owner off from Kafka with an append under way: nothing reaches it or leaves it, and the append waits at the
// broker's door, to be let in when a scenario says so. Zombies (F4) and deleted fences (F18c) are made with it.
import { soon } from '../stack/deadline.ts';
import type { FaultSystem } from './fault-system.ts';
import { apiKeys } from './kafka-frames.ts';
import { onlyClient } from './moments.ts';
import type { ProcessHandle } from './process-handle.ts';

/** `deliver` lets the owner back in, its append first; `delivered` resolves when that has passed. */
export async function cutOffInAppend({ proxy }: FaultSystem, owner: ProcessHandle) {
  const client = onlyClient(owner);
  const underWay = Promise.withResolvers<() => void>();
  const delivered = proxy.kafka.intercept({ apiKey: apiKeys.produce, client, at: 'request' }, async () => {
    const release = Promise.withResolvers<void>();
    const reach = proxy.kafka.isolate(client);
    underWay.resolve(() => {
      release.resolve();
      reach();
    });
    await release.promise;
    return 'pass';
  });
  const deliver = await soon('an append of the owner', underWay.promise);
  return { deliver, delivered };
}
