import { describe, expect, test } from 'vitest';
import { judgeDurability, minIsrFor } from './durability.ts';
import type { DurabilityFacts, TopicFacts } from './durability-facts.ts';

const hour = 3_600_000;
type Topic = TopicFacts;
const topic = (fields: Partial<Topic> = {}): Topic => ({
  ...{ topic: 'events', replication: 3, minIsr: 2, uncleanElection: false, ...fields },
});
const expirations = { 'transactional.id.expiration.ms': 168 * hour, 'producer.id.expiration.ms': 24 * hour };
const judge = (topics: Topic[], requireMinIsr?: number, facts: Partial<DurabilityFacts> = {}) =>
  judgeDurability({ topics, internal: [], expirations, ...facts }, { requireMinIsr, renewIdentityMs: hour });

test('three replicas, two of them in sync, no unclean election: nothing to say', () => {
  expect(judge([topic(), topic({ topic: 'commands', replication: 5, minIsr: 3 })])).toEqual({ refused: [], weak: [] });
  expect(judge([topic()], 2)).toEqual({ refused: [], weak: [] });
});

describe('what is weak is told once, with its topics', () => {
  test.each<[string, Partial<Topic>, string[]]>([
    ['one replica', { replication: 1, minIsr: 1 }, ['one disk alone']],
    [
      'one replica that could never be acknowledged',
      { replication: 1, minIsr: 2 },
      ['one disk alone', 'nothing is accepted'],
    ],
    ['three replicas, one in sync is enough', { minIsr: 1 }, ['one disk alone']],
    ['two replicas that must both be in sync', { replication: 2 }, ['nothing is accepted while one broker is away']],
    ['unclean election', { uncleanElection: true }, ['unclean.leader.election.enable=false']],
  ])('%s', (_, fields, expected) => {
    const { refused, weak } = judge([topic(fields), topic({ ...fields, topic: 'commands' }), topic({ topic: 'fine' })]);
    expect(refused).toEqual([]);
    expect(weak.map((line) => line.match(/\(events, commands\)$/)?.[0])).toEqual(
      expected.map(() => '(events, commands)'),
    );
    for (const [i, words] of expected.entries()) expect(weak[i]).toContain(words);
  });

  test('unclean election among one replica changes nothing', () => {
    expect(judge([topic({ replication: 1, minIsr: 1, uncleanElection: true })], 0)).toEqual({ refused: [], weak: [] });
  });

  test('an expiration shorter than two renewals; one that nobody tells is not guessed, and -1 is never', () => {
    const short = { ...expirations, 'transactional.id.expiration.ms': 2 * hour - 1 };
    expect(judge([topic()], 0, { expirations: short }).weak).toEqual([
      expect.stringMatching(/^transactional\.id\.expiration\.ms is 7199999, .*PUTLOG_RENEW_IDENTITY_MS.*\(3600000\)/),
    ]);
    expect(
      judge([topic()], 2, { expirations: { ...expirations, 'producer.id.expiration.ms': 2 * hour } }).weak,
    ).toEqual([]);
    expect(judge([topic()], 2, { expirations: { ...expirations, 'producer.id.expiration.ms': -1 } }).weak).toEqual([]);
    expect(judge([topic()], 2, { expirations: undefined }).weak).toEqual([]);
  });
});

describe('what is required', () => {
  test('0 says that one copy is enough: no warning of it', () => {
    expect(judge([topic({ replication: 1, minIsr: 1 })], 0)).toEqual({ refused: [], weak: [] });
  });

  test.each<[string, Partial<Topic>, number, RegExp]>([
    ['fewer in sync', { minIsr: 1 }, 2, /^events: min\.insync\.replicas is 1, PUTLOG_REQUIRE_MIN_ISR asks for 2$/],
    ['fewer replicas', { replication: 1, minIsr: 2 }, 2, /^events: replication is 1/],
    ['unclean election', { uncleanElection: true }, 2, /^events: unclean\.leader\.election\.enable is on/],
    ['more than there is', {}, 3, /^events: min\.insync\.replicas is 2, PUTLOG_REQUIRE_MIN_ISR asks for 3$/],
  ])('%s: refused, the topic named', (_, fields, required, reason) => {
    expect(judge([topic(fields), topic({ topic: 'fine', minIsr: 3 })], required).refused).toEqual([
      expect.stringMatching(reason),
    ]);
  });

  test('as many replicas as required and no more: it starts, and is told what stands still', () => {
    const { refused, weak } = judge([topic({ replication: 2, minIsr: 2 })], 2);
    expect([refused, weak.length]).toEqual([[], 1]);
  });
});

test('a topic is created as safe as its replicas allow, or as required', () => {
  expect([minIsrFor(1), minIsrFor(2), minIsrFor(3), minIsrFor(5)]).toEqual([undefined, undefined, 2, 2]);
  expect([minIsrFor(1, 1), minIsrFor(2, 2), minIsrFor(3, 1), minIsrFor(5, 4), minIsrFor(3, 0)]).toEqual([
    1, 2, 2, 4, 2,
  ]);
});

describe("Kafka's own topics", () => {
  const safe = [topic({ topic: '__consumer_offsets' }), topic({ topic: '__transaction_state' })];
  const [offsets, state] = safe;

  test('as safe as ours: nothing to say, also where that is required', () => {
    expect(judge([topic()], 2, { internal: safe })).toEqual({ refused: [], weak: [] });
  });

  test.each<[string, Partial<Topic>, RegExp]>([
    ['one replica', { replication: 1, minIsr: 1 }, /^who owns a partition, .* on one disk alone: .*min\.isr count/],
    ['one in sync is enough', { minIsr: 1 }, /^who owns a partition, .* on one disk alone/],
    [
      'two replicas that must both be in sync',
      { replication: 2 },
      /^no partition is taken over while one broker is away/,
    ],
    ['unclean election', { uncleanElection: true }, /^a replica that lags may be elected leader/],
  ])('%s: told apart from what is said of ours', (_, fields, words) => {
    const internal = [offsets, state].map((one) => topic({ ...one, ...fields }));
    expect(judge([topic()], undefined, { internal }).weak).toEqual([expect.stringMatching(words)]);
    expect(judge([topic()], undefined, { internal }).weak[0]).toMatch(/\(__consumer_offsets, __transaction_state\)$/);
  });

  test('identities below what is required: refused; checkpoints: told; where one copy is enough: nothing', () => {
    const internal = [topic({ ...offsets, minIsr: 1 }), topic({ ...state, replication: 1, minIsr: 1 })];
    expect(judge([topic()], 2, { internal }).refused).toEqual([
      '__transaction_state: min.insync.replicas is 1, PUTLOG_REQUIRE_MIN_ISR asks for 2',
      '__transaction_state: replication is 1, PUTLOG_REQUIRE_MIN_ISR asks for 2',
    ]);
    expect(judge([topic()], 2, { internal }).weak).toEqual([expect.stringMatching(/__consumer_offsets/)]);
    expect(judge([topic()], 0, { internal })).toEqual({ refused: [], weak: [] });
  });
});
