// One incremental fetch session (KIP-227), the client's side of it: the broker remembers which partitions are read and from where, so a
// request names those that have changed and an answer those that have something to say. A worker reads some 70 partitions, most of
// which are silent most of the time. Pure; kafkajs-fetch.ts has one for each broker that a consumer reads from.
// https://cwiki.apache.org/confluence/display/KAFKA/KIP-227%3A+Introduce+Incremental+FetchRequests+to+Increase+Partition+Scalability

export type WantedPartition = { partition: number; fetchOffset: string; maxBytes: number };
/** What is to be read, all of it. */
export type Wanted = readonly { topic: string; partitions: readonly WantedPartition[] }[];

/** The part of a fetch request that the session decides. */
export type SessionRequest = {
  sessionId: number;
  sessionEpoch: number;
  topics: { topic: string; partitions: WantedPartition[] }[];
  forgottenTopics: { topic: string; partitions: number[] }[];
};

/** A session that is asked for has none yet. */
const none = 0;
const lastEpoch = 2 ** 31 - 1;

export type FetchSession = ReturnType<typeof createFetchSession>;

export function createFetchSession() {
  let id = none;
  let epoch = 0;
  /** Topic → partition → what the broker has been told. */
  let told = new Map<string, Map<number, WantedPartition>>();

  function begin(wanted: Wanted): SessionRequest {
    epoch = 0;
    told = new Map();
    return { sessionId: none, sessionEpoch: epoch, topics: changed(wanted), forgottenTopics: [] };
  }

  /** What the broker does not know yet; from now on it does. */
  function changed(wanted: Wanted): SessionRequest['topics'] {
    const topics: SessionRequest['topics'] = [];
    for (const { topic, partitions } of wanted) {
      const known = told.get(topic) ?? new Map<number, WantedPartition>();
      told.set(topic, known);
      const news = partitions.filter((one) => !isSame(known.get(one.partition), one));
      for (const one of news) known.set(one.partition, one);
      if (news.length > 0) topics.push({ topic, partitions: news });
    }
    return topics;
  }

  function forgotten(wanted: Wanted): SessionRequest['forgottenTopics'] {
    const still = new Map(
      wanted.map(({ topic, partitions }) => [topic, new Set(partitions.map((one) => one.partition))]),
    );
    const topics: SessionRequest['forgottenTopics'] = [];
    for (const [topic, known] of told) {
      const gone = [...known.keys()].filter((partition) => still.get(topic)?.has(partition) !== true);
      for (const partition of gone) known.delete(partition);
      if (gone.length > 0) topics.push({ topic, partitions: gone });
    }
    return topics;
  }

  return {
    /** The next request; one at a time, each followed by `answered` or `lost`. */
    next(wanted: Wanted): SessionRequest {
      if (id === none) return begin(wanted);
      return { sessionId: id, sessionEpoch: epoch, forgottenTopics: forgotten(wanted), topics: changed(wanted) };
    },
    /** @param sessionId as it is answered; 0: the broker keeps none for us, and each request says everything */
    answered(sessionId: number): void {
      id = sessionId;
      epoch = epoch === lastEpoch ? 1 : epoch + 1;
    },
    /** What the broker knows is not known: the next request begins anew. */
    lost(): void {
      id = none;
    },
  };
}

const isSame = (known: WantedPartition | undefined, { fetchOffset, maxBytes }: WantedPartition): boolean =>
  known !== undefined && known.fetchOffset === fetchOffset && known.maxBytes === maxBytes;
