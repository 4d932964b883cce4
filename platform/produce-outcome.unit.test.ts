import { expect, test } from 'vitest';
import { produceOutcome, tooLarge } from './produce-outcome.ts';

test.each([
  ['NONE', 0, 'stored'],
  ['MESSAGE_TOO_LARGE', 10, 'refused'],
  ['RECORD_LIST_TOO_LARGE', 18, 'refused'],
  ['INVALID_TIMESTAMP', 32, 'refused'],
  ['INVALID_RECORD', 87, 'refused'],
  ['INVALID_PRODUCER_EPOCH', 47, 'fenced'],
  ['PRODUCER_FENCED', 90, 'fenced'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 45, 'out-of-sequence'],
  ['DUPLICATE_SEQUENCE_NUMBER', 46, 'out-of-sequence'],
  ['INVALID_PRODUCER_ID_MAPPING', 49, 'out-of-sequence'],
  ['UNKNOWN_PRODUCER_ID', 59, 'out-of-sequence'],
  ['UNKNOWN_SERVER_ERROR', -1, 'unknown'],
  ['CORRUPT_MESSAGE', 2, 'unknown'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 3, 'unknown'],
  ['NOT_LEADER_OR_FOLLOWER', 6, 'unknown'],
  ['REQUEST_TIMED_OUT', 7, 'unknown'],
  ['NOT_ENOUGH_REPLICAS', 19, 'unknown'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 20, 'unknown'],
  ['KAFKA_STORAGE_ERROR', 56, 'unknown'],
  ['a code that is not invented yet', 9_999, 'unknown'],
] as const)('%s: %i means %s', (_, code, outcome) => {
  expect(produceOutcome(code)).toBe(outcome);
});

test('what is too large is refused', () => {
  for (const code of tooLarge) expect(produceOutcome(code)).toBe('refused');
});
