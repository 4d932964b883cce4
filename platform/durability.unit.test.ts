import { describe, expect, test } from 'vitest';
import { type DurabilityFacts, judgeDurability, minIsrFor } from './durability.ts';

const hour = 3_600_000;
type Topic = DurabilityFacts['topics'][number];
const topic = (fields: Partial<Topic> = {}): Topic => ({
  ...{ topic: 'events', replication: 3, minIsr: 2, uncleanElection: false, ...fields },
});
const expirations = { 'transactional.id.expiration.ms': 168 * hour, 'producer.id.expiration.ms': 24 * hour };
const judge = (topics: Topic[], requireMinIsr?: number, facts: Partial<DurabilityFacts> = {}) =>
  judgeDurability({ topics, expirations, ...facts }, { requireMinIsr, renewIdentityMs: hour });

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
