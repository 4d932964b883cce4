// Cuts a body of any rhythm into the chunks that GridFS keeps: each of `chunkBytes` except the last. The blob store stores them.

/** GridFS's own default: two chunks and their documents stay below a power of two. */
export const chunkBytes = 255 * 1024;

/** The bytes handed out are the receiver's own. An empty body has no chunk. */
export async function* chunksOf(body: AsyncIterable<Uint8Array>, size: number = chunkBytes): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of body) {
    let rest = bytes;
    while (length + rest.byteLength >= size) {
      const cut = size - length;
      yield Buffer.concat([...parts, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      parts = [];
      length = 0;
    }
    if (rest.byteLength > 0) parts.push(rest);
    length += rest.byteLength;
  }
  if (length > 0) yield Buffer.concat(parts);
}
