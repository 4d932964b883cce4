// Opens LZ4 frames, which is what Kafka's lz4 is. The output is never larger than allowed, and bytes that are no frame are
// an error, never a crash. Checksums in the frame are passed over: the broker has verified that of the record batch.
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md. platform/codecs.ts calls it.
import { copyBack } from './copy-back.ts';

const frameMagic = 0x184d2204;
/** Sixteen of them; such a frame holds nothing of ours. */
const skippableMagic = 0x184d2a50;

/** Bytes in one piece, as many as allowed. */
function createOutput(maxBytes: number, guess: number) {
  let buffer = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(guess, 1_024)));
  let end = 0;
  return {
    get end() {
      return end;
    },
    /** Makes room for so many more bytes and gives the buffer to write them to, from `end`. */
    grow(length: number): Buffer {
      const needed = end + length;
      if (needed > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(needed, buffer.length * 2)));
        buffer.copy(larger, 0, 0, end);
        buffer = larger;
      }
      end = needed;
      return buffer;
    },
    bytes: () => buffer.subarray(0, end),
  };
}

type Output = ReturnType<typeof createOutput>;

/** @throws RangeError where it would become more than `maxBytes`, Error where the bytes are no LZ4 frames */
export function openLz4(bytes: Buffer, maxBytes: number): Buffer {
  const output = createOutput(maxBytes, bytes.length * 4);
  for (let at = 0; at < bytes.length; ) at = openFrame(bytes, at, output);
  return output.bytes();
}

function word(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new Error('LZ4 is cut short');
  return bytes.readUInt32LE(at);
}

/** Gives where the next frame begins. */
function openFrame(bytes: Buffer, start: number, output: Output): number {
  const magic = word(bytes, start);
  if (magic - (magic % 16) === skippableMagic) return start + 8 + word(bytes, start + 4);
  if (magic !== frameMagic) throw new Error('LZ4 without a frame');
  const flags = bytes[start + 4] ?? 0;
  if (flags >>> 6 !== 1) throw new Error(`version ${flags >>> 6} of the LZ4 frame is not known`);
  if ((flags & 1) !== 0) throw new Error('the LZ4 frame needs a dictionary');
  const [blockChecksum, contentSize, contentChecksum] = [flags & 16 ? 4 : 0, flags & 8 ? 8 : 0, flags & 4 ? 4 : 0];
  const begin = output.end;
  for (let at = start + 7 + contentSize; ; ) {
    const size = word(bytes, at);
    at += 4;
    if (size === 0) return at + contentChecksum;
    const end = at + (size & 0x7fffffff);
    if (end > bytes.length) throw new Error('a block of LZ4 is cut short');
    const block = bytes.subarray(at, end);
    // The highest bit: what would not compress is there as it is.
    if (size > 0x7fffffff) {
      const from = output.end;
      block.copy(output.grow(block.length), from);
    } else openBlock(block, output, begin);
    at = end + blockChecksum;
  }
}

/** Matches may reach back into earlier blocks of the frame, which begins at `begin` of the output. */
function openBlock(bytes: Buffer, output: Output, begin: number) {
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('a block of LZ4 is cut short');
    return byte;
  };
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const more = next();
      length += more;
      if (more < 255) return length;
    }
  };
  for (;;) {
    const token = next();
    const literals = lengthOf(token >>> 4);
    if (at + literals > bytes.length) throw new Error('a literal of LZ4 is too long');
    const from = output.end;
    bytes.copy(output.grow(literals), from, at, at + literals);
    at += literals;
    if (at === bytes.length) return;
    const back = next() | (next() << 8);
    const length = 4 + lengthOf(token & 15);
    if (back === 0 || back > output.end - begin) throw new Error('a match of LZ4 reaches outside');
    const end = output.end;
    copyBack(output.grow(length), end, back, length);
  }
}
