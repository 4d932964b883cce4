// Records that are deleted before they are read are gone without a trace: kafkajs goes to the first record that is left and
// says no more than that. So readers ask where each partition begins: now and then, and whenever they find offsets missing.
// Worker and projector each have one; what they then tell is an error with the partition and the offsets.
import type { KafkaCluster } from './cluster.ts';
import type { Logger } from './log.ts';

export type LogStartOptions = {
  cluster: Pick<KafkaCluster, 'offsets'>;
  topics: string[];
  log: Logger;
  /** The first offset that is left; asked about all partitions, also those that somebody else reads. */
  begins: (topic: string, partition: number, logStart: number) => void;
  /** Milliseconds. */
  everyMs?: number;
};

export function watchLogStart({ cluster, topics, log, begins, everyMs = 5_000 }: LogStartOptions) {
  let looking = false;

  async function look(): Promise<void> {
    const starts = await cluster.offsets(topics, 'earliest');
    for (const [topic, partitions] of starts)
      for (const [partition, logStart] of partitions.entries()) begins(topic, partition, logStart);
  }

  async function lookNowAndThen() {
    if (looking) return;
    looking = true;
    try {
      await look();
    } catch (error) {
      log.debug({ err: error }, 'the beginning of the log cannot be asked for yet');
    } finally {
      looking = false;
    }
  }
  const timer = setInterval(lookNowAndThen, everyMs).unref();

  return {
    /**
     * Call it before a record is taken that comes at `offset` where `expected` was next. Offsets may also be missing because
     * a foreign producer's transaction ended there: `begins` is told in any case. Never rejects.
     */
    async missing(topic: string, partition: number, expected: number, offset: number): Promise<void> {
      try {
        await look();
      } catch (error) {
        log.error(
          { err: error, topic, partition, first: expected, last: offset - 1 },
          'offsets are missing, and where the log begins could not be asked: these records may have been deleted unread',
        );
      }
    },
    close: () => clearInterval(timer),
  };
}
