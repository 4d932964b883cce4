import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCompressed } from './codecs.ts';

const lines = Array.from(
  { length: 40 },
  (_, i) => `line ${i % 7}${i % 3 === 0 ? ` ${'a'.repeat(85)}` : ' of the log'}\n`,
);
const text = Buffer.from(lines.join(''));
const limit = 64 * 2 ** 20;

/** What snappy-java and lz4-java, which Kafka's own producers use, made of the same text. */
const theirs = {
  raw: '6g0cbGluZSAwIGH+AQBOAQAACgVdLDEgb2YgdGhlIGxvZwkSADJCEgAAM/6BAG6BAAA0Qm8AADVCEgAANv6BAG6BAAAwQm8AThQB/oIBToIBLYMAM0KBAE4UAf6BAGqBAAA2QoEAThQB/oEAaoEATnMCPpcCADT+gQBugQBOcwI+gQD+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwP+hwN2hwM=',
  blocks:
    'glNOQVBQWQAAAAABAAAAAQAAAImACBxsaW5lIDAgYf4BAE4BAAAKBV0sMSBvZiB0aGUgbG9nCRIAMkISAAAz/oEAboEAADRCbwAANUISAAA2/oEAboEAADBCbwBOFAH+ggFOggEtgwAzQoEAThQB/oEAaoEAADZCgQBOFAH+gQBqgQBOcwI+lwIANP6BAG6BAE5zAj6BAP6HA86HAwAAAG/qBTx0aGUgbG9nCmxpbmUgMyBh/gEATgEACV0QNCBvZiAybwAANUISAAA2/oEAboEAADBCbwAAMUISAAAy/oEAboEAADNCbwBOFAH+ggFOggEtgwA2QoEAThQB/oEAaoEAADJCgQBOFAH+gQBWgQA=',
  lz4: 'BCJNGGxA6gYAAAAAAAAOfQAAAI9saW5lIDAgYQEAQREKXQDCMSBvZiB0aGUgbG9nEgAdMhIAHzOBAEkdNG8AHTUSAB82gQBJHTBvAA8UAQEPggFBEmFxAR0zgQAPFAEBD4EASB02gQAPFAEBD4EASA9zAgEMlwIfNAQCSQ9zAgEMgQAPhwP///9JUGFhYWEKAAAAAFvajY8=',
};
const bytesOf = (base64: string) => Buffer.from(base64, 'base64');
const [raw, blocks, lz4] = [bytesOf(theirs.raw), bytesOf(theirs.blocks), bytesOf(theirs.lz4)];

/** As Redpanda writes it: the version numbers the other way round. */
const otherOrder = Buffer.concat([blocks.subarray(0, 8), Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]), blocks.subarray(16)]);
/** A frame that is to be passed over, then the same frame twice. */
const frames = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]), lz4, lz4]);
/** A block that is there as it is. */
const stored = Buffer.from([4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 3, 0, 0, 0x80, 0x61, 0x62, 0x63, 0, 0, 0, 0]);

const samples: [string, number, Buffer, Buffer][] = [
  ['gzip', 1, gzipSync(text), text],
  ['raw snappy', 2, raw, text],
  ['snappy in blocks', 2, blocks, text],
  ['snappy in blocks of another byte order', 2, otherOrder, text],
  ['lz4', 3, lz4, text],
  ['lz4 in several frames', 3, frames, Buffer.concat([text, text])],
  ['lz4 that did not compress', 3, stored, Buffer.from('abc')],
  ['zstd', 4, zstdCompressSync(text), text],
];

describe.each(samples)('%s', (_, codec, bytes, opened) => {
  test('opens to what was compressed', async () => {
    expect(await openCompressed(codec, bytes, limit)).toEqual(opened);
  });

  test('opens into exactly as much room as it needs, and is an error with a byte less', async () => {
    expect(await openCompressed(codec, bytes, opened.length)).toEqual(opened);
    const less = opened.length - 1;
    await expect(openCompressed(codec, bytes, less)).rejects.toThrow(`it would become more than ${less} bytes`);
  });

  test('broken anywhere, it is an error or other bytes, never more than allowed', async () => {
    const at = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1 }), at, async (changes, cut) => {
        const broken = Buffer.from(bytes.subarray(0, bytes.length - (cut % 8)));
        for (const [index, value] of changes) if (index < broken.length) broken[index] = value;
        const result = await openCompressed(codec, broken, 10_000).catch((error: unknown) => error);
        if (result instanceof Buffer) expect(result.length).toBeLessThanOrEqual(10_000);
        else expect(result).toBeInstanceOf(Error);
      }),
    );
  });
});

test.each([2, 3])('codec %i: whatever the bytes are, they open or are an error', async (codec) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const result = await openCompressed(codec, Buffer.from(bytes), 10_000).catch((error: unknown) => error);
      expect(result instanceof Buffer ? result.length <= 10_000 : result instanceof Error).toBe(true);
    }),
  );
});

test('a bomb is an error, however small it is', async () => {
  const zeros = Buffer.alloc(limit + 1);
  const bombs: [number, Buffer][] = [
    [1, gzipSync(zeros)],
    [4, zstdCompressSync(zeros)],
    // Raw snappy that claims 4 GiB, and one literal of LZ4 that goes on and on.
    [2, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])],
    [3, Buffer.concat([lz4.subarray(0, 15), Buffer.from([9, 0, 0, 0, 0x1f, 0x61, 1, 0, 255, 255, 255, 255, 255])])],
  ];
  for (const [codec, bytes] of bombs) {
    expect(bytes.length).toBeLessThan(100_000);
    await expect(openCompressed(codec, bytes, limit)).rejects.toThrow(Error);
  }
});

test('a codec that Kafka does not have is an error', async () => {
  for (const codec of [0, 5, 6, 7]) await expect(openCompressed(codec, text, limit)).rejects.toThrow('is not known');
});
