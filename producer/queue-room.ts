// Back-pressure: a queue that holds too much takes no more, until workers have caught up. What waits is asked for about each second,
// beside the path of requests; between two looks a queue may grow beyond its bound by what comes in a second. submit.ts asks.
import type { Logger } from '../platform/log.ts';
import { PutlogError } from '../schemas/problem.ts';
import { lookOften } from './look-often.ts';
import type { Queues } from './queues.ts';

export type QueueRoomOptions = {
  queues: Pick<Queues, 'all'>;
  /** Commands without an outcome, from which on a queue is full. */
  most: number;
  log: Logger;
  everyMs?: number;
};

/** @throws PutlogError queue-full */
export type AssertRoom = (queue: string) => void;

const retryAfter = 5;

export function watchQueueRoom({ queues, most, log, everyMs = 1_000 }: QueueRoomOptions) {
  let depths = new Map<string, number>();

  async function lookAtAll(): Promise<void> {
    try {
      depths = new Map((await queues.all()).map(({ name, depth }) => [name, depth]));
    } catch (error) {
      // What was known is old by now, and nobody is refused for it: where Kafka is away, appends fail by themselves.
      depths = new Map();
      log.debug({ err: error }, 'what waits in the queues cannot be asked for; none counts as full');
    }
  }

  const assertRoom: AssertRoom = (queue) => {
    const depth = depths.get(queue) ?? 0;
    if (depth < most) return;
    const detail = `${depth} jobs wait in the queue "${queue}", and ${most} may; send it again after Retry-After`;
    throw new PutlogError('queue-full', detail, { retryAfter });
  };

  return { assertRoom, ...lookOften(lookAtAll, everyMs) };
}
