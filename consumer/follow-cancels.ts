// Reads which jobs are to end: all that stands in their topic before the worker runs anything, then whatever comes.
import { createCluster } from '../platform/cluster.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { tailTopic } from '../platform/tail-topic.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { Cancel } from '../schemas/cancel.ts';
import type { Cancels } from './cancels.ts';

export type FollowCancelsOptions = {
  connection: { brokers: string; clientId: string };
  topic: string;
  readCancel: (value: Buffer | null) => Cancel | Promise<Cancel>;
  cancels: Pick<Cancels, 'take'>;
  /** Told of each one that comes later. */
  told: (cancel: Cancel) => void;
  log: Logger;
  fatal: (error: unknown) => void;
};

/** Resolves once all is known that was asked for so far. */
export async function followCancels(options: FollowCancelsOptions) {
  const { connection, topic, readCancel, cancels, told, log, fatal } = options;
  const cluster = createCluster({ ...connection, clientId: `${connection.clientId}-cancels`, log });
  await persist(() => cluster.watch([topic]), { log, what: 'learn who leads the topic of cancels' });
  const final = (error: unknown) => error instanceof UndecodableError;
  let later = false;
  const tail = tailTopic({
    ...{ cluster, topic, log, fatal },
    async take({ value, offset }) {
      try {
        const cancel = await persist(() => readCancel(value), { log, what: 'look a schema up', final });
        cancels.take(cancel);
        if (later) told(cancel);
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        log.error({ err: error, topic, offset }, 'a record is no cancel; it is passed over');
      }
    },
  });
  await tail.caughtUp;
  later = true;
  return { close: tail.close };
}
