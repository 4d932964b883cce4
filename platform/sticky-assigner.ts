// Shares the partitions of a group out so that members keep what they have: only what balance asks for moves, so that a
// worker that joins or leaves costs the others no takeover and no running job. kafkajs's own assigner deals anew each time.
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { laneOf } from '../schemas/topics.ts';

type Partition = { topic: string; partition: number };

/** `since`: when the member got what it owns (milliseconds since the epoch); of two that own one thing the later is right. */
export type Member = { id: string; topics: readonly string[]; owned: readonly Partition[]; since: number };

const nameOf = ({ topic, partition }: Partition) => `${topic}/${partition}`;

/**
 * Member id → partitions; every member is in it. Each topic is shared out by itself, or a busy one could end up at one
 * member: of one topic members have one more than others at most. The lanes of a queue are one topic here: they share what runs at
 * once, so a partition of all of them goes to one member. A lane that not everybody knows (an upgrade is under way) goes by itself.
 */
export function shareOut(members: readonly Member[], partitions: readonly Partition[]): Map<string, Partition[]> {
  const shares = new Map(
    members.map(({ id }) => [id, [] as Partition[]] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const ownerOf = new Map<string, string>();
  for (const { id, owned } of members.toSorted((a, b) => a.since - b.since || (a.id < b.id ? 1 : -1)))
    for (const one of owned) ownerOf.set(nameOf(one), id);
  const takersOf = (topic: string) =>
    members
      .filter(({ topics }) => topics.includes(topic))
      .map(({ id }) => id)
      .toSorted();

  for (const together of Map.groupBy(partitions, ({ topic }) =>
    JSON.stringify([laneOf(topic).of, takersOf(topic)]),
  ).values()) {
    const takers = takersOf(together[0]?.topic ?? '');
    const all = [...Map.groupBy(together, ({ partition }) => partition).values()];
    const mine = new Map(takers.map((id) => [id, [] as Partition[][]]));
    for (const one of all) mine.get(ownerAmong(one, ownerOf) ?? '')?.push(one);
    const kept = new Set([...mine.values()].flat());
    const total = (id: string) => shares.get(id)?.length ?? 0;
    /** Fewest of this topic first, then fewest in all. */
    const byLoad = () => [...mine].toSorted(([a, x], [b, y]) => x.length - y.length || total(a) - total(b));

    for (const one of all) if (!kept.has(one)) byLoad()[0]?.[1].push(one);
    for (;;) {
      const ordered = byLoad();
      const [least, most] = [ordered[0]?.[1], ordered.at(-1)?.[1]];
      if (least === undefined || most === undefined || most.length - least.length <= 1) break;
      least.push(...most.splice(-1));
    }
    for (const [id, its] of mine) shares.get(id)?.push(...its.flat());
  }
  return shares;
}

/** Whoever has the lane that is busiest, mostly: the others come to it. */
function ownerAmong(lanes: readonly Partition[], ownerOf: ReadonlyMap<string, string>): string | undefined {
  const owned = lanes.filter((one) => ownerOf.has(nameOf(one)));
  const first = owned.find(({ topic }) => laneOf(topic).lane === 'normal') ?? owned[0];
  return first && ownerOf.get(nameOf(first));
}

/** `owned` tells what this process has, and since when. */
export function createStickyAssigner(owned: () => Pick<Member, 'owned' | 'since'>): PartitionAssigner {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  const name = 'putlog-sticky';
  const version = 1;
  return ({ cluster }) => ({
    name,
    version,
    protocol({ topics }) {
      return {
        name,
        metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(owned())) }),
      };
    },
    async assign({ members, topics }) {
      const partitions = topics.flatMap((topic) =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => ({ topic, partition: partitionId }))
          .toSorted((a, b) => a.partition - b.partition),
      );
      const shares = shareOut(
        members.map(({ memberId, memberMetadata }) => readMember(memberId, memberMetadata)),
        partitions,
      );
      return [...shares].map(([memberId, share]) => {
        const assignment = Object.fromEntries(
          [...Map.groupBy(share, ({ topic }) => topic)].map(([topic, its]) => [topic, its.map((one) => one.partition)]),
        );
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });

  function readMember(id: string, metadata: Buffer): Member {
    const decoded = MemberMetadata.decode(metadata);
    const told = decoded?.userData ?? Buffer.alloc(0);
    const said =
      told.length === 0 ? { owned: [], since: 0 } : (JSON.parse(String(told)) as Pick<Member, 'owned' | 'since'>);
    return { id, topics: decoded?.topics ?? [], ...said };
  }
}
