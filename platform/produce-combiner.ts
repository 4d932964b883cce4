// Several writers of one process append at the same time, each to its own partitions under its own identity: what they
// send to one broker in one turn of the event loop travels in one Produce request. Called by the cluster.
import type { ProduceBatch, ProduceResult } from './produce-request.ts';

type Waiting = {
  batches: ProduceBatch[];
  resolve: (results: ProduceResult[]) => void;
  reject: (error: unknown) => void;
};

const nameOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`;

/** `send` makes one request, which must not hold a partition twice; when it fails, all who are in it are told. */
export function createProduceCombiner<B extends object>(
  send: (broker: B, batches: ProduceBatch[]) => Promise<ProduceResult[]>,
) {
  const waiting = new Map<B, Waiting[]>();

  function flush(broker: B) {
    const due = waiting.get(broker) ?? [];
    waiting.delete(broker);
    for (const together of withoutDoubles(due)) deliver(broker, together);
  }

  async function deliver(broker: B, together: Waiting[]) {
    try {
      const results = await send(
        broker,
        together.flatMap(({ batches }) => batches),
      );
      const byPartition = new Map(results.map((result) => [nameOf(result), result]));
      for (const { batches, resolve } of together)
        resolve(batches.flatMap((batch) => byPartition.get(nameOf(batch)) ?? []));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  /** Results for these batches; those of a partition that the broker said nothing of are missing. */
  return (broker: B, batches: ProduceBatch[]): Promise<ProduceResult[]> =>
    new Promise((resolve, reject) => {
      const others = waiting.get(broker);
      const one = { batches, resolve, reject };
      if (others !== undefined) others.push(one);
      else {
        waiting.set(broker, [one]);
        setImmediate(flush, broker);
      }
    });
}

/** Two terms of one partition may meet here: the later one goes in a request of its own. */
function withoutDoubles(due: Waiting[]): Waiting[][] {
  const requests: { taken: Set<string>; together: Waiting[] }[] = [];
  for (const one of due) {
    const names = one.batches.map(nameOf);
    const request = requests.find(({ taken }) => !names.some((name) => taken.has(name)));
    if (request === undefined) requests.push({ taken: new Set(names), together: [one] });
    else {
      for (const name of names) request.taken.add(name);
      request.together.push(one);
    }
  }
  return requests.map(({ together }) => together);
}
