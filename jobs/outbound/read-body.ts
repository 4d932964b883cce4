// Reads a body into memory up to a limit. The jobs use it for responses and blobs, whose size nobody vouches for.

/** At most `maxBytes` bytes; `truncated` says that there was more. The source is closed in either case. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number) {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body) {
    parts.push(bytes.subarray(0, maxBytes - length));
    length += bytes.byteLength;
    if (length > maxBytes) return { bytes: Buffer.concat(parts), truncated: true };
  }
  return { bytes: Buffer.concat(parts), truncated: false };
}
