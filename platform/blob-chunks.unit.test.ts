import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksOf } from './blob-chunks.ts';

async function* bodyOf(parts: Uint8Array[]) {
  yield* parts;
}

test('whatever the rhythm of the body, all chunks but the last are full and nothing is lost', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 17 }), async (body, size) => {
      const chunks = await Array.fromAsync(chunksOf(bodyOf(body), size));
      expect(Buffer.concat(chunks)).toEqual(Buffer.concat(body));
      expect(chunks.slice(0, -1).every((chunk) => chunk.length === size)).toBe(true);
      expect(chunks.every((chunk) => chunk.length > 0 && chunk.length <= size)).toBe(true);
    }),
  );
});

test('an empty body has no chunk', async () => {
  expect(await Array.fromAsync(chunksOf(bodyOf([])))).toEqual([]);
});
