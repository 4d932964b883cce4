// Opens the record batches of producers that compress: gzip, snappy, lz4, zstd. Our own writer does not compress, but
// anybody may append a command. What opens is never larger than allowed. platform/record-batch.ts calls it.
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { openLz4 } from './lz4.ts';
import { openSnappy } from './snappy.ts';

type Open = (bytes: Buffer, maxBytes: number) => Buffer | Promise<Buffer>;

const [unzip, unzstd] = [promisify(gunzip), promisify(zstdDecompress)];

/** By the number that a record batch has in the lowest three bits of its attributes; 0 is none. */
const codecs: readonly (undefined | { name: string; open: Open })[] = [
  undefined,
  { name: 'gzip', open: (bytes, maxOutputLength) => unzip(bytes, { maxOutputLength }) },
  { name: 'snappy', open: openSnappy },
  { name: 'lz4', open: openLz4 },
  { name: 'zstd', open: (bytes, maxOutputLength) => unzstd(bytes, { maxOutputLength }) },
];

/** @throws Error (rejects) where the codec is not known, the bytes are not of it, or would become more than `maxBytes` */
export async function openCompressed(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const known = codecs[codec];
  if (known === undefined) throw new Error(`compression codec ${codec} is not known`);
  try {
    return await known.open(bytes, maxBytes);
  } catch (error) {
    // Each of the four says so in this way that there is not room enough.
    const tooLarge = error instanceof RangeError;
    const reason = error instanceof Error ? error.message : String(error);
    const what = tooLarge ? `it would become more than ${maxBytes} bytes` : reason;
    throw new Error(`${known.name}: ${what}`, { cause: error });
  }
}
