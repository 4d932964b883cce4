// A blob store that is read and never written, for functions in a dry run: what they put is measured and checked as the real one does it,
// and goes nowhere. Whoever calls handlers wraps the real one in it.
import { createHash } from 'node:crypto';
import type { BlobStore } from '../schemas/blob.ts';
import { PutlogError } from '../schemas/problem.ts';

/** @param now the clock, in milliseconds since the epoch. */
export const dryBlobs = (
  { head, open }: Pick<BlobStore, 'head' | 'open'>,
  now: () => number = Date.now,
): BlobStore => ({
  head,
  open,
  async put(id, body, { contentType, maxBytes, sha256: announced }) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const bytes of body) {
      size += bytes.byteLength;
      if (size > maxBytes) throw new PutlogError('payload-too-large', `a blob may have at most ${maxBytes} bytes`);
      hash.update(bytes);
    }
    const sha256 = hash.digest('hex');
    if (announced !== undefined && announced.toLowerCase() !== sha256)
      throw new PutlogError('checksum-mismatch', `the bytes that arrived have SHA-256 ${sha256}, not ${announced}`);
    const created = (await head(id)) === undefined;
    return { info: { id, size, contentType, sha256, createdAt: now() }, created };
  },
  delete: async (id) => (await head(id)) !== undefined,
});
