// Which partition a key belongs to: murmur2 over its bytes, as Kafka's own producers do, so that records written by
// other programs under the same key meet ours. (kafkajs's murmur2 computes with BigInt and takes 20 times as long.)
// https://github.com/apache/kafka/blob/4.1/clients/src/main/java/org/apache/kafka/common/utils/Utils.java, murmur2

const multiplier = 0x5bd1e995;

export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

export function murmur2(key: Uint8Array): number {
  const { length } = key;
  const byte = (at: number) => key[at] ?? 0;
  let hash = 0x9747b28c ^ length;
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    let word = byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
    word = Math.imul(word, multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  for (let at = length - 1; at >= whole; at--) hash ^= byte(at) << (8 * (at - whole));
  if (whole < length) hash = Math.imul(hash, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
