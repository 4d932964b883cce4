// A blob store for tests of what needs none: each call fails.
import type { BlobStore } from '../schemas/blob.ts';

const none = () => Promise.reject(new Error('this test has no blobs'));

export const noBlobs: BlobStore = { put: none, head: none, open: none, delete: none };
