// Opens what snappy has compressed, raw (librdkafka) or in the blocks of snappy-java (Kafka's own producers). The output is
// never larger than allowed, and bytes that are not snappy are an error, never a crash. platform/codecs.ts calls it.
// https://github.com/google/snappy/blob/main/format_description.txt
import { copyBack } from './copy-back.ts';

/** Of snappy-java. Two version numbers follow, in whatever byte order (Redpanda writes another than Java); then blocks. */
const blocksMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const blocksHeader = blocksMagic.length + 8;

/** @throws RangeError where it would become more than `maxBytes`, Error where the bytes are not snappy */
export function openSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, blocksMagic.length).equals(blocksMagic)) return openBlock(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let left = maxBytes;
  for (let at = blocksHeader; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw new Error('a block of snappy has no length');
    const size = bytes.readInt32BE(at);
    at += 4;
    if (size < 0 || at + size > bytes.length) throw new Error('a block of snappy is cut short');
    const block = openBlock(bytes.subarray(at, at + size), left);
    blocks.push(block);
    left -= block.length;
    at += size;
  }
  return Buffer.concat(blocks);
}

function openBlock(bytes: Buffer, maxBytes: number): Buffer {
  let at = 0;
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || at > 5) throw new Error('snappy without a length');
    size += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (size > maxBytes) throw new RangeError(`${size} bytes, more than ${maxBytes}`);

  const out = Buffer.allocUnsafeSlow(size);
  let end = 0;
  const little = (length: number): number => {
    if (at + length > bytes.length) throw new Error('snappy is cut short');
    const value = bytes.readUIntLE(at, length);
    at += length;
    return value;
  };
  while (at < bytes.length) {
    const tag = little(1);
    const upper = tag >>> 2;
    if ((tag & 3) === 0) {
      const length = 1 + (upper < 60 ? upper : little(upper - 59));
      if (length > bytes.length - at || length > size - end) throw new Error('a literal of snappy is too long');
      bytes.copy(out, end, at, at + length);
      at += length;
      end += length;
      continue;
    }
    const short = (tag & 3) === 1;
    const length = short ? 4 + (upper & 7) : 1 + upper;
    const back = short ? ((tag >>> 5) << 8) | little(1) : little((tag & 3) === 2 ? 2 : 4);
    if (back === 0 || back > end || length > size - end) throw new Error('a copy of snappy reaches outside');
    copyBack(out, end, back, length);
    end += length;
  }
  if (end !== size) throw new Error(`snappy ends after ${end} bytes of ${size}`);
  return out;
}
