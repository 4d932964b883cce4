// Blobs: large inputs and results that travel beside the log (claim check). Jobs see this shape; GridFS stands behind it.
import type { Readable } from 'node:stream';

/** `size` in bytes, `sha256` in lower-case hex, `createdAt` in milliseconds since the epoch. */
export type BlobInfo = { id: string; size: number; contentType: string; sha256: string; createdAt: number };

/** First and last byte, both included, as in RFC 9110 §14.1.2. */
export type ByteRange = { first: number; last: number };

export type BlobStore = {
  /**
   * Stores `body` whole or not at all; an id that exists is replaced, readers of the old bytes finish undisturbed.
   * @throws PutlogError payload-too-large (more than `maxBytes`), checksum-mismatch (`sha256` was given and differs),
   *   blob-store-unavailable
   */
  put(
    id: string,
    body: AsyncIterable<Uint8Array>,
    options: { contentType: string; maxBytes: number; sha256?: string },
  ): Promise<{ info: BlobInfo; created: boolean }>;
  /** @throws PutlogError blob-store-unavailable */
  head(id: string): Promise<BlobInfo | undefined>;
  /** @throws PutlogError blob-store-unavailable */
  open(id: string, range?: ByteRange): Promise<{ info: BlobInfo; stream: Readable } | undefined>;
  /** False: there was none. */
  delete(id: string): Promise<boolean>;
};
