// Follows a topic of one partition whose records every process must know: decoded, with a connection of its own, and whatever is none
// of them told and passed over. The settings and the worker's cancels are read with it.
import { createCluster } from './cluster.ts';
import type { KafkaAddress } from './kafka-security.ts';
import type { Logger } from './log.ts';
import { persist } from './persist.ts';
import { tailTopic } from './tail-topic.ts';
import { UndecodableError } from './wire-format.ts';

export type FollowRecordsOptions<T> = {
  connection: KafkaAddress;
  topic: string;
  /** What a record of it is called. */
  what: string;
  read: (value: Buffer | null) => T | Promise<T>;
  /** @throws UndecodableError where what was read is none after all */
  take: (record: T, offset: number) => void;
  /** Told of each record, whether it was taken or passed over. */
  passed?: (offset: number) => void;
  log: Logger;
  fatal: (error: unknown) => void;
};

/** Resolves once all has been taken that was there at the start. */
export async function followRecords<T>(options: FollowRecordsOptions<T>): Promise<{ close: () => Promise<void> }> {
  const { connection, topic, what, read, take, passed, log, fatal } = options;
  const cluster = createCluster({ ...connection, clientId: `${connection.clientId}-${what}s`, log });
  await persist(() => cluster.watch([topic]), { log, what: `learn who leads the topic of ${what}s` });
  const final = (error: unknown) => error instanceof UndecodableError;
  const { caughtUp, close } = tailTopic({
    ...{ cluster, topic, log, fatal },
    async take({ value, offset }) {
      try {
        take(await persist(() => read(value), { log, what: 'look a schema up', final }), offset);
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        log.error({ err: error, topic, offset }, `a record is no ${what}; it is passed over`);
      }
      passed?.(offset);
    },
  });
  await caughtUp;
  return { close };
}
