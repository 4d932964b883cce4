// Kafka's framing, as much of it as the proxy needs: where a message ends, what a request asks and who sends it, which
// request an answer belongs to. Pure. https://kafka.apache.org/protocol.html#protocol_messages

/** Keys of the requests that scenarios single out. */
export const apiKeys = {
  produce: 0,
  fetch: 1,
  offsetCommit: 8,
  joinGroup: 11,
  heartbeat: 12,
  initProducerId: 22,
} as const;

export type RequestHead = { apiKey: number; apiVersion: number; correlationId: number; clientId: string };

const sizeBytes = 4;

/** Cuts a stream into messages, each with its size in front. What is incomplete waits for the next chunk. */
export function createFrameCutter(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    rest.push(chunk);
    held += chunk.length;
    if (held < sizeBytes) return [];
    let bytes = rest.length === 1 ? chunk : Buffer.concat(rest);
    const frames: Buffer[] = [];
    while (bytes.length >= sizeBytes) {
      const end = sizeBytes + bytes.readInt32BE(0);
      if (bytes.length < end) break;
      frames.push(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    rest = bytes.length === 0 ? [] : [bytes];
    held = bytes.length;
    return frames;
  };
}

/** `frame` with its size in front. A client id that is null reads as ''. */
export function requestHead(frame: Buffer): RequestHead {
  const length = frame.readInt16BE(12);
  return {
    apiKey: frame.readInt16BE(4),
    apiVersion: frame.readInt16BE(6),
    correlationId: frame.readInt32BE(8),
    clientId: length < 0 ? '' : frame.toString('utf8', 14, 14 + length),
  };
}

/** Of an answer, with its size in front. */
export const answeredCorrelationId = (frame: Buffer): number => frame.readInt32BE(4);
