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

/** Undefined where it does not fit; an older checkpoint stays true, only more is read again. */
export function checkpointMetadata(checkpoint: Checkpoint): string | undefined {
  const { offset, next, undone, eventsFrom, producerId = '' } = checkpoint;
  const bytes: number[] = [];
  let previous = offset;
  for (const at of undone) {
    for (let delta = at - previous; ; delta = Math.floor(delta / 128)) {
      bytes.push((delta % 128) + (delta >= 128 ? 128 : 0));
      if (delta < 128) break;
    }
    previous = at;
  }
  const text = `2;${eventsFrom};${next};${producerId};${Buffer.from(bytes).toString('base64url')}`;
  return text.length <= limit ? text : undefined;
}

/** What `checkpointMetadata` wrote; a commit without it (by another tool) means that nothing above `offset` is done. */
export function readCheckpoint(offset: number, metadata: string): Checkpoint {
  const [version, eventsFrom, next, producerId, encoded] = metadata.split(';');
  if (version !== '2' || encoded === undefined) return { offset, next: offset, undone: [], eventsFrom: 0 };
  const undone: number[] = [];
  let at = offset;
  let delta = 0;
  let scale = 1;
  for (const byte of Buffer.from(encoded, 'base64url')) {
    delta += (byte % 128) * scale;
    scale *= 128;
    if (byte < 128) {
      at += delta;
      undone.push(at);
      delta = 0;
      scale = 1;
    }
  }
  const checkpoint = { offset, next: Number(next), undone, eventsFrom: Number(eventsFrom) };
  return producerId ? { ...checkpoint, producerId } : checkpoint;
}
