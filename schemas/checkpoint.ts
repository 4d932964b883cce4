// The checkpoint of a partition of commands, as it is committed: in the commit's metadata all that a later owner needs to skip what is
// done above the offset. Written and read by the consumer; the producer reads what is left to do.

/** `offset` is the next to read; `next` the first never taken; between them all is done but `undone`. */
export type Checkpoint = {
  offset: number;
  next: number;
  undone: number[];
  eventsFrom: number;
  /** Of the owner that committed it. Absent: not known. */
  producerId?: string;
};

const limit = 4_096;

/** Undefined where it does not fit: a mark has to name what is not done. */
export function checkpointMetadata(checkpoint: Checkpoint): string | undefined {
  const { offset, next, undone, eventsFrom, producerId = '' } = checkpoint;
  const text = `2;${eventsFrom};${next};${producerId};${undoneBytes(offset, undone).toString('base64url')}`;
  return text.length <= limit ? text : undefined;
}

/**
 * The same where the record at `mark` in the partition of the events names what is not done. A worker that is older than marks takes it
 * for a commit of another tool, and reads all events again.
 */
export const markedMetadata = ({ next, undone, eventsFrom, producerId = '' }: Checkpoint, mark: number): string =>
  `3;${eventsFrom};${next};${producerId};${mark};${undone.length}`;

/** Of a checkpoint whose undone commands stand elsewhere: the offset of the event, and how many there are. */
export type Mark = { at: number; undone: number };

/** What was committed; a commit without it (by another tool) means that nothing above `offset` is done. */
export function readCheckpoint(offset: number, metadata: string): Checkpoint & { mark?: Mark } {
  const [version, eventsFrom, next, producerId, encoded, count] = metadata.split(';');
  if ((version !== '2' && version !== '3') || encoded === undefined) return unknownAbove(offset);
  const checkpoint = { offset, next: Number(next), undone: [], eventsFrom: Number(eventsFrom) };
  const whose = producerId ? { producerId } : {};
  if (version === '3') return { ...checkpoint, ...whose, mark: { at: Number(encoded), undone: Number(count) } };
  return { ...checkpoint, ...whose, undone: undoneOf(offset, Buffer.from(encoded, 'base64url')) };
}

/** All events have to be read to learn what is done at `offset` and above it. */
export const unknownAbove = (offset: number): Checkpoint => ({ offset, next: offset, undone: [], eventsFrom: 0 });

/** Rising offsets as what each is above the one before it, in as few bytes as that takes. */
export function undoneBytes(offset: number, undone: readonly number[]): Buffer {
  const bytes: number[] = [];
  let previous = offset;
  for (const at of undone) {
    for (let delta = at - previous; ; delta = Math.floor(delta / 128)) {
      bytes.push((delta % 128) + (delta >= 128 ? 128 : 0));
      if (delta < 128) break;
    }
    previous = at;
  }
  return Buffer.from(bytes);
}

export function undoneOf(offset: number, bytes: Buffer): number[] {
  const undone: number[] = [];
  let at = offset;
  let delta = 0;
  let scale = 1;
  for (const byte of bytes) {
    delta += (byte % 128) * scale;
    scale *= 128;
    if (byte < 128) {
      at += delta;
      undone.push(at);
      delta = 0;
      scale = 1;
    }
  }
  return undone;
}
