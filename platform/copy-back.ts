// The step that snappy and LZ4 are made of: what was written shortly before is written once more. Pure; both call it.

/** Below this many bytes a loop is quicker than a call. */
const short = 16;

/** Repeats `length` bytes that begin `back` bytes before `end`. The two may overlap: then the last `back` bytes recur. */
export function copyBack(out: Buffer, end: number, back: number, length: number): void {
  if (length < short) {
    for (let at = end; at < end + length; at++) out[at] = out[at - back] ?? 0;
    return;
  }
  for (let done = 0; done < length; ) {
    const part = Math.min(back + done, length - done);
    out.copyWithin(end + done, end - back, end - back + part);
    done += part;
  }
}
