// For tests: a blob store in memory that keeps the promises of schemas/blob.ts.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobInfo, BlobStore } from '../schemas/blob.ts';
import { PutlogError } from '../schemas/problem.ts';

export function createMemoryBlobs(): BlobStore {
  const stored = new Map<string, { info: BlobInfo; bytes: Buffer }>();
  return {
    async put(id, body, { contentType, maxBytes, sha256: announced }) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of body) {
        size += chunk.byteLength;
        if (size > maxBytes) throw new PutlogError('payload-too-large', `at most ${maxBytes} bytes`);
        chunks.push(chunk);
      }
      const bytes = Buffer.concat(chunks);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (announced !== undefined && announced !== sha256)
        throw new PutlogError('checksum-mismatch', `it is ${sha256}`);
      const created = !stored.has(id);
      const info = { id, size, contentType, sha256, createdAt: 0 };
      stored.set(id, { info, bytes });
      return { info, created };
    },
    head: async (id) => stored.get(id)?.info,
    async open(id, range) {
      const found = stored.get(id);
      if (found === undefined) return undefined;
      const { first, last } = range ?? { first: 0, last: found.info.size - 1 };
      return {
        info: found.info,
        stream: Readable.from([found.bytes.subarray(first, last + 1)], { objectMode: false }),
      };
    },
    delete: async (id) => stored.delete(id),
  };
}
