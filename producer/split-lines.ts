// Bytes as they arrive to lines, one at a time and only when asked for, so that what comes faster than it is taken waits where it
// is. Of a line that is too long nothing is kept. Own code, because libraries for it either have no limit or end the stream there.
// Called by answer-lines.

const lineFeed = 0x0a;
const none = Buffer.alloc(0);

/** A line is given without its line feed; `too-long`: it had more than `maxBytes`. */
export function createLineSplitter(maxBytes: number) {
  let chunk: Buffer = none;
  let at = 0;
  /** The beginning of a line whose end has not arrived. */
  let held: Buffer[] = [];
  let heldBytes = 0;

  function hold(piece: Buffer) {
    heldBytes += piece.length;
    if (heldBytes > maxBytes) held = [];
    else if (piece.length > 0) held.push(piece);
  }

  function release(): Buffer | 'too-long' {
    const [first = none] = held;
    const line = heldBytes > maxBytes ? 'too-long' : held.length > 1 ? Buffer.concat(held, heldBytes) : first;
    held = [];
    heldBytes = 0;
    return line;
  }

  return {
    /** Only when `next` has nothing left. */
    push(more: Buffer): void {
      chunk = more;
      at = 0;
    },
    /** Undefined: more bytes are needed. */
    next(): Buffer | 'too-long' | undefined {
      const end = chunk.indexOf(lineFeed, at);
      if (end === -1) {
        hold(chunk.subarray(at));
        chunk = none;
        at = 0;
        return undefined;
      }
      hold(chunk.subarray(at, end));
      at = end + 1;
      return release();
    },
    /** What stands behind the last line feed, when no more will come; undefined: nothing. */
    last: (): Buffer | 'too-long' | undefined => (heldBytes === 0 ? undefined : release()),
  };
}
