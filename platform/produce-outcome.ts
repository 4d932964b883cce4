// What an answer to an append means for the log writer, a pure table over Kafka's error codes
// (https://kafka.apache.org/protocol.html#protocol_error_codes).

/**
 * `stored`: in the log. `refused`: certainly not, and never will be. `unknown`: perhaps; the same batch must go again.
 * `fenced`: a newer epoch of the identity has written. `out-of-sequence`: the broker expects another sequence.
 */
export type ProduceOutcome = 'stored' | 'refused' | 'unknown' | 'fenced' | 'out-of-sequence';

const refused = new Set([
  10, // MESSAGE_TOO_LARGE
  17, // INVALID_TOPIC_EXCEPTION
  18, // RECORD_LIST_TOO_LARGE
  21, // INVALID_REQUIRED_ACKS
  29, // TOPIC_AUTHORIZATION_FAILED
  31, // CLUSTER_AUTHORIZATION_FAILED
  32, // INVALID_TIMESTAMP
  35, // UNSUPPORTED_VERSION
  43, // UNSUPPORTED_FOR_MESSAGE_FORMAT
  44, // POLICY_VIOLATION
  76, // UNSUPPORTED_COMPRESSION_TYPE
  87, // INVALID_RECORD
]);

export const tooLarge = new Set([10, 18]);

export function produceOutcome(errorCode: number): ProduceOutcome {
  if (errorCode === 0) return 'stored';
  if (errorCode === 47 || errorCode === 90) return 'fenced'; // INVALID_PRODUCER_EPOCH, PRODUCER_FENCED
  // OUT_OF_ORDER_SEQUENCE_NUMBER, DUPLICATE_SEQUENCE_NUMBER, INVALID_PRODUCER_ID_MAPPING, UNKNOWN_PRODUCER_ID
  if (errorCode === 45 || errorCode === 46 || errorCode === 49 || errorCode === 59) return 'out-of-sequence';
  // Whatever is not known to be final is sent again under its sequence: that can never store it twice.
  return refused.has(errorCode) ? 'refused' : 'unknown';
}
