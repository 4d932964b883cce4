// The brokers of a run as a scenario sees and moves them: who leads what, who is in sync, who the controller is. Asks the
// servers directly, never through the proxies.
import type { BrokerName } from '../../embedded/part.ts';
import { createKafka } from '../../platform/kafka.ts';
import { until } from '../stack/deadline.ts';
import { silent } from '../stack/log.ts';
import type { FaultStack } from './fault-stack.ts';
import { askController, electFirstReplicas } from './kafka-request.ts';

/** Broker ids; `leader` -1: nobody. */
export type Led = { topic: string; partition: number; leader: number; replicas: number[]; isr: number[] };

type Admin = ReturnType<ReturnType<typeof createKafka>['admin']>;

export function clusterOf({ brokers, answering }: FaultStack) {
  const nodeOf = (name: BrokerName) => brokers.indexOf(name) + 1;

  async function withAdmin<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    const admin = createKafka({ brokers: answering().join(','), clientId: 'faults-brokers', log: silent }).admin();
    await admin.connect();
    return work(admin).finally(() => admin.disconnect());
  }

  /** Asks the brokers, one after the other, until one answers. */
  async function anyone<Result>(ask: (port: number) => Promise<Result>): Promise<Result> {
    let failure: unknown = new Error('no broker runs');
    for (const address of answering()) {
      try {
        return await ask(Number(address.split(':')[1]));
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Of these topics; without any, of all. */
  const leads = (topics?: string[]): Promise<Led[]> =>
    withAdmin(async (admin) => {
      const metadata = await admin.fetchTopicMetadata(topics && { topics });
      return metadata.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionId, leader, replicas, isr }) => ({
          ...{ topic: name, partition: partitionId, leader, replicas, isr },
        })),
      );
    });

  return {
    nodeOf,
    nameOf: (node: number): BrokerName => brokers[node - 1] ?? 'kafka',
    leads,
    /** Every replica of every topic is in sync, and every partition has a leader. */
    inSync: (ms = 60_000) =>
      until(
        'all replicas in sync',
        async () => {
          // A broker that has just gone may be the one that was asked.
          const all = await leads().catch((error: unknown) => silent.debug({ err: error }, 'not yet'));
          return all?.every(({ leader, replicas, isr }) => leader > 0 && isr.length === replicas.length) || undefined;
        },
        ms,
      ),
    controller: async (): Promise<BrokerName> => brokers[(await anyone(askController)) - 1] ?? 'kafka',

    /**
     * Makes `node` the leader of partitions of a topic, which must be in sync there. Resolves to how many of them it leads
     * now and did not lead before.
     */
    async lead(node: number, topic: string, partitions: readonly number[]): Promise<number> {
      const before = (await leads([topic])).filter(({ partition }) => partitions.includes(partition));
      const ofOthers = before.filter(({ leader }) => leader !== node).map(({ partition }) => partition);
      await withAdmin((admin) =>
        admin.alterPartitionReassignments({
          topics: [
            {
              topic,
              partitionAssignment: before.map(({ partition, replicas }) => ({
                ...{ partition, replicas: [node, ...replicas.filter((other) => other !== node)] },
              })),
            },
          ],
        }),
      );
      await anyone((port) => electFirstReplicas(port, topic, partitions));
      const after = await leads([topic]);
      return after.filter(({ partition, leader }) => leader === node && ofOthers.includes(partition)).length;
    },
  };
}
