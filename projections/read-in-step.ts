// Reads the same partition of several topics in step, by the time of their records: the command of a job and its events, which stand in
// topics of their own, come close to each other. Memory is a stretch of each topic, and the one behind it. The feeder calls it.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';

/** From offset `from` to before `to`. */
export type Stretch = { topic: string; partition: number; from: number; to: number };

type Reads = Pick<KafkaCluster, 'fetch' | 'offsets'>;

/** Of each topic at once. */
const maxBytes = 2 ** 20;
const maxWaitMs = 250;

export type ReadInStepOptions = {
  cluster: Reads;
  /** Each record, in the order of its partition. A promise is waited for. */
  take: (topic: string, record: FetchedRecord) => void | Promise<void>;
  /** All before this offset of a topic has been taken. Now and then, and at the end. */
  reached: (topic: string, offset: number) => void;
  /** Asked for after some thousands of records: resolves once there is room for more. */
  room: () => Promise<void>;
  /** Asked for as often: true: nobody wants what is left. */
  enough?: () => boolean;
};

function openStretch(cluster: Reads, { topic, partition, from, to }: Stretch) {
  let records: readonly FetchedRecord[] = [];
  let at = 0;
  let next = from;
  let coming: ReturnType<typeof fetch> | undefined;

  /** Retention may take what was about to be read: what is left begins behind it. */
  async function fetch(offset: number): Promise<{ records: readonly FetchedRecord[]; next: number }> {
    try {
      return await cluster.fetch(topic, partition, offset, maxBytes, maxWaitMs);
    } catch (error) {
      if (!isGone(error)) throw error;
      const first = (await cluster.offsets([topic], 'earliest')).get(topic)?.[partition] ?? offset;
      return { records: [], next: Math.max(first, offset) };
    }
  }

  return {
    topic,
    get head(): FetchedRecord | undefined {
      return records[at];
    },
    /** The offset to go on at. */
    get offset(): number {
      return records[at]?.offset ?? Math.min(next, to);
    },
    pass() {
      at++;
    },
    /** False: there is nothing more. @throws what Kafka says; it may be called again then */
    async fill(): Promise<boolean> {
      while (at >= records.length) {
        if (next >= to) return false;
        const asked = coming ?? fetch(next);
        coming = undefined;
        const found = await asked;
        records = found.records.filter(({ offset }) => offset < to);
        at = 0;
        next = found.next;
        if (next < to) {
          coming = fetch(next);
          // Told when its turn comes.
          coming.catch(() => undefined);
        }
      }
      return true;
    },
  };
}

/** All of these, which are of one partition number. @throws what Kafka says, or `take` */
export async function readInStep(stretches: readonly Stretch[], options: ReadInStepOptions): Promise<void> {
  const { cluster, take, reached, room, enough } = options;
  let open = stretches.map((stretch) => openStretch(cluster, stretch));
  for (;;) {
    const more = await Promise.all(open.map((one) => one.fill()));
    for (const one of open) reached(one.topic, one.offset);
    open = open.filter((_, i) => more[i]);
    if (open.length === 0 || enough?.()) return;
    await room();
    // Until one of them has run dry: what it has next may be older than what the others have.
    for (let first = earliest(open); first !== undefined; first = earliest(open)) {
      const { head, topic } = first;
      first.pass();
      const taken = head && take(topic, head);
      if (taken instanceof Promise) await taken;
    }
  }
}

type Open = { readonly head: FetchedRecord | undefined };

/** Of two of the same time the one that stands before: commands are given before events. Undefined: one has run dry. */
function earliest<One extends Open>(open: readonly One[]): One | undefined {
  let found: One | undefined;
  for (const one of open) {
    if (one.head === undefined) return undefined;
    if (found?.head === undefined || one.head.timestamp < found.head.timestamp) found = one;
  }
  return found;
}
