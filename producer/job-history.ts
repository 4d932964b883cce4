// What the log itself says of one job: its events in order, read from the partition of its command. Called by the routes of a job's events.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { Logger } from '../platform/log.ts';
import { UndecodableError } from '../platform/wire-format.ts';
import type { JobEvent } from '../schemas/event.ts';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { createAskLog } from './ask-log.ts';
import { kindOf, type ToldEvent, toldEvent } from './told-event.ts';

export type JobHistory = {
  /** Where the log ends now, in the partition of this job. @throws PutlogError log-unreadable */
  endOf: (job: JobDocument) => Promise<number>;
  /**
   * Its events in order, from `from` (undefined: its first) to before `end`, in its partition.
   * @throws PutlogError log-unreadable
   */
  read: (
    job: JobDocument,
    range: { from: number | undefined; end: number; gone: AbortSignal },
  ) => AsyncGenerator<ToldEvent>;
};

export type JobHistoryOptions = {
  /** For reading alone: a large answer would hold up what is appended on the same connection. */
  cluster: Pick<KafkaCluster, 'watch' | 'offsets' | 'offsetAt' | 'fetch'>;
  topic: string;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  log: Logger;
};

/** By how much the clock of a worker may be behind that of the process that accepted the job (milliseconds). */
const clockSkewMs = 60_000;
const maxBytes = 2 ** 20;
const maxWaitMs = 100;

export function createJobHistory({ cluster, topic, readEvent, log }: JobHistoryOptions): JobHistory {
  const askLog = createAskLog(cluster);
  const asked = <T>(read: () => Promise<T>) => askLog(topic, read);

  const offsetOf = async (at: 'earliest' | 'latest', partition: number) =>
    (await asked(() => cluster.offsets([topic], at))).get(topic)?.[partition] ?? 0;

  /** Those of earlier generations are older than what its status says of its beginning. */
  const firstOffset = async ({ generation, createdAt, command: { partition } }: JobDocument, end: number) =>
    generation > 0
      ? offsetOf('earliest', partition)
      : ((await asked(() => cluster.offsetAt(topic, partition, createdAt - clockSkewMs))) ?? end);

  async function fetchFrom(partition: number, offset: number) {
    try {
      return await asked(() => cluster.fetch(topic, partition, offset, maxBytes, maxWaitMs));
    } catch (error) {
      if (!isGone(error)) throw error;
      return { records: [], next: await offsetOf('earliest', partition) };
    }
  }

  const decoded = (value: Buffer | null, offset: number): Promise<JobEvent | undefined> =>
    asked(async () => {
      try {
        return await readEvent(value);
      } catch (error) {
        if (!(error instanceof UndecodableError)) throw error;
        log.debug({ err: error, offset }, 'a record among the events cannot be told');
        return undefined;
      }
    });

  return {
    endOf: ({ command }) => offsetOf('latest', command.partition),
    async *read(job, { from, end: until, gone }) {
      const { partition } = job.command;
      const key = Buffer.from(job._id);
      // Nothing follows an end.
      const end = isTerminal(job.state) && job.eventOffset >= 0 ? Math.min(until, job.eventOffset + 1) : until;
      for (let offset = from ?? (await firstOffset(job, end)); offset < end && !gone.aborted; ) {
        const { records, next } = await fetchFrom(partition, offset);
        for (const record of records) {
          if (record.offset >= end) return;
          if (record.key === null || !key.equals(record.key) || kindOf(record) === undefined) continue;
          const event = await decoded(record.value, record.offset);
          if (event !== undefined) yield toldEvent(event, record, topic, partition);
        }
        offset = Math.max(offset, next);
      }
    },
  };
}
