// What Kafka is set to do decides what an acknowledgement is worth. Each process looks at its topics and its brokers once,
// when it starts: it warns of what can lose an acknowledged record, and refuses to start below what the operator requires.
// platform/prepare-log.ts calls it; docs/guarantees.md says which promise leans on which setting.
import type { Kafka } from 'kafkajs';
import { type DurabilityFacts, expirationNames, readFacts, type TopicFacts } from './durability-facts.ts';
import type { Logger } from './log.ts';
import { TopicMismatchError } from './topics.ts';

export type DurabilityNeeds = {
  /** The least min.insync.replicas; 0: one copy is enough; undefined: nothing is required. */
  requireMinIsr: number | undefined;
  renewIdentityMs: number;
};

/** `refused`: why not to start. `weak`: what can be lost or stand still, each with what to change. Pure. */
export type Judgement = { refused: string[]; weak: string[] };

/** A checkpoint that is lost is read again from the log; and a cluster of three as it comes keeps them with one in sync. */
const rereadable = '__consumer_offsets';

/**
 * What a record is acknowledged with is min.insync.replicas: so many brokers have it, so it outlasts the loss of all of them
 * but one. The requirement is about that number alone. More replicas than that keep the topic writable while a broker is
 * away; their lack loses nothing, so it is only told. Fewer replicas could never acknowledge anything, and a leader that is
 * elected uncleanly makes the number mean nothing: both are refused.
 */
export function judgeDurability({ topics, internal, expirations }: DurabilityFacts, needs: DurabilityNeeds): Judgement {
  const { requireMinIsr: required, renewIdentityMs } = needs;
  const refused: string[] = [];
  const weak: string[] = [];
  const leanedOn = [...topics, ...internal.filter(({ topic }) => topic !== rereadable)];
  for (const { topic, replication, minIsr, uncleanElection } of leanedOn) {
    if (required === undefined || required === 0) break;
    const asks = `PUTLOG_REQUIRE_MIN_ISR asks for ${required}`;
    if (minIsr < required) refused.push(`${topic}: min.insync.replicas is ${minIsr}, ${asks}`);
    if (replication < required) refused.push(`${topic}: replication is ${replication}, ${asks}`);
    if (uncleanElection) refused.push(`${topic}: unclean.leader.election.enable is on, and would undo what ${asks}`);
  }
  const tell = (what: string, among: readonly TopicFacts[], of: (topic: TopicFacts) => boolean) => {
    const names = among.filter(of).map(({ topic }) => topic);
    if (names.length > 0) weak.push(`${what} (${names.join(', ')})`);
  };
  if (required !== 0) {
    const mend = 'have 3 replicas and min.insync.replicas=2';
    const fewCopies = ({ replication, minIsr }: TopicFacts) => minIsr < 2 || replication < 2;
    const noSpare = ({ replication, minIsr }: TopicFacts) => minIsr >= 2 && replication <= minIsr;
    tell(
      `an acknowledged record may be on one disk alone: ${mend}; PUTLOG_REPLICATION counts for topics that are made later`,
      topics,
      fewCopies,
    );
    tell(
      `who owns a partition, and how far it has come, may be on one disk alone: ${mend}; the brokers' settings` +
        ' offsets.topic.replication.factor, transaction.state.log.replication.factor and transaction.state.log.min.isr count' +
        ' where these topics are made later',
      internal,
      fewCopies,
    );
    const spare = 'while one broker is away: have more replicas than min.insync.replicas';
    tell(`nothing is accepted ${spare}`, topics, noSpare);
    tell(`no partition is taken over ${spare}`, internal, noSpare);
  }
  tell(
    'a replica that lags may be elected leader, and drops what it has not: set unclean.leader.election.enable=false',
    [...topics, ...internal],
    ({ uncleanElection, replication }) => uncleanElection && replication > 1,
  );
  for (const name of expirationNames) {
    const ms = expirations?.[name];
    if (ms !== undefined && ms >= 0 && ms < 2 * renewIdentityMs)
      weak.push(
        `${name} is ${ms}, less than twice what PUTLOG_RENEW_IDENTITY_MS is (${renewIdentityMs}):` +
          ' a worker that lost its partition might still write to it',
      );
  }
  return { refused, weak };
}

/** For a topic that is created: as safe as its replicas allow, and as required. Undefined: what the brokers' default is. */
export function minIsrFor(replication: number, required = 0): number | undefined {
  const least = Math.max(replication < 3 ? 0 : 2, required);
  return least === 0 ? undefined : least;
}

/** @throws what kafkajs says */
export const readDurability = async (kafka: Kafka, topics: string[], needs: DurabilityNeeds, log: Logger) =>
  judgeDurability(await readFacts(kafka, topics, log), needs);

/** One warning at most. @throws TopicMismatchError where it is below what is required, or what kafkajs says */
export async function checkDurability(kafka: Kafka, topics: string[], needs: DurabilityNeeds, log: Logger) {
  const { refused, weak } = await readDurability(kafka, topics, needs, log);
  if (refused.length > 0) throw new TopicMismatchError(refused);
  if (weak.length > 0)
    log.warn({ weak }, 'Kafka is not as safe as it could be; docs/guarantees.md says what to change');
}
