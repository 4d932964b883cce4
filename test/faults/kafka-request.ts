// What kafkajs cannot ask a broker, asked by hand over a connection of its own: who the controller is, that the first replica
// of each partition becomes its leader, which producers a partition remembers. https://kafka.apache.org/protocol.html
// brokers.ts and the scenario of deleted records call it.
import { connect } from 'node:net';
import { createFrameCutter } from './kafka-frames.ts';

const timeoutMs = 5_000;
const metadataTopic = '__cluster_metadata';

const int8 = (value: number) => Buffer.from([value]);
const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value, 'latin1')]);
const list = (items: readonly Buffer[]) => Buffer.concat([int32(items.length), ...items]);
/** The newer encoding, for less than 127 bytes. */
const compactText = (value: string) => Buffer.concat([int8(value.length + 1), Buffer.from(value, 'latin1')]);

const header = (apiKey: number, version: number) =>
  Buffer.concat([int16(apiKey), int16(version), int32(1), text('faults')]);

/** The node id of the active controller. Any broker may be asked. @throws when it does not know one, or does not answer */
export async function askController(port: number): Promise<number> {
  const partition = Buffer.concat([int32(0), int8(0)]);
  const topic = Buffer.concat([compactText(metadataTopic), int8(2), partition, int8(0)]);
  // DescribeQuorum v0, whose header and lists end with tags.
  const answer = await ask(port, Buffer.concat([header(55, 0), int8(0), int8(2), topic, int8(0)]));
  const errorCode = answer.readInt16BE(9);
  // Size, correlation id, tags, error, number of topics, name, number of partitions, partition; then the partition's error.
  const at = 11 + 1 + 1 + metadataTopic.length + 1 + 4;
  if (errorCode !== 0 || answer.readInt16BE(at) !== 0) throw new Error(`no controller is known (error ${errorCode})`);
  return answer.readInt32BE(at + 2);
}

/** ElectLeaders v1, preferred. It is done when it resolves, or was so already. @throws when it is refused as a whole */
export async function electFirstReplicas(port: number, topic: string, partitions: readonly number[]): Promise<void> {
  const body = Buffer.concat([
    int8(0),
    list([Buffer.concat([text(topic), list(partitions.map(int32))])]),
    int32(timeoutMs),
  ]);
  const answer = await ask(port, Buffer.concat([header(43, 1), body]));
  const errorCode = answer.readInt16BE(12);
  if (errorCode !== 0) throw new Error(`leaders of ${topic} were not elected: error ${errorCode}`);
}

/** One request, one answer with its size in front. */
function ask(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const cut = createFrameCutter();
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer from ${port} in ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${port} hung up`)));
    socket.once('connect', () => socket.write(Buffer.concat([int32(request.length), request])));
    socket.on('data', (chunk) => {
      const [frame] = cut(chunk);
      if (frame === undefined) return;
      resolve(frame);
      socket.destroy();
    });
  });
}

/** What a partition remembers of one who wrote to it. */
export type KnownProducer = { partition: number; producerId: string; epoch: number; sequence: number };

/** Of these partitions, which the asked broker must lead. @throws when it does not answer for one of them */
export async function askProducers(
  port: number,
  topic: string,
  partitions: readonly number[],
): Promise<KnownProducer[]> {
  const asked = Buffer.concat([compactText(topic), int8(partitions.length + 1), ...partitions.map(int32), int8(0)]);
  // DescribeProducers v0.
  const answer = await ask(port, Buffer.concat([header(61, 0), int8(0), int8(2), asked, int8(0)]));
  const known: KnownProducer[] = [];
  // Size, correlation id, tags, throttle time, number of topics, name, number of partitions.
  let at = 4 + 4 + 1 + 4 + 1 + 1 + topic.length + 1;
  for (let left = partitions.length; left > 0; left--) {
    const partition = answer.readInt32BE(at);
    const errorCode = answer.readInt16BE(at + 4);
    if (errorCode !== 0) throw new Error(`${topic}/${partition} does not tell its producers: error ${errorCode}`);
    const message = Math.max(0, answer.readUInt8(at + 6) - 1);
    at += 7 + message;
    for (let producers = answer.readUInt8(at++) - 1; producers > 0; producers--) {
      const producerId = String(answer.readBigInt64BE(at));
      known.push({ partition, producerId, epoch: answer.readInt32BE(at + 8), sequence: answer.readInt32BE(at + 12) });
      // Id, epoch, sequence, time, epoch of a coordinator, start of a transaction, tags.
      at += 8 + 4 + 4 + 8 + 4 + 8 + 1;
    }
    at += 1;
  }
  return known;
}
