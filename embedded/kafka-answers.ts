import { createConnection } from 'node:net';

/**
 * Asks a broker for its metadata and tells whether it names itself, which it does once it has joined its cluster. Speaks the protocol by hand (https://kafka.apache.org/protocol, Metadata v4), because the stack is
 * started without any client. Called by kafka-part.ts until it is true.
 */
export function kafkaAnswers(port: number, nodeId: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer in 2 s')));
    socket.once('error', reject);
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const brokers = brokersIn(received);
      if (brokers === undefined) return;
      resolve(brokers.includes(nodeId));
      socket.destroy();
    });
  });
}

/** Asks for no topics: an empty array, and no automatic creation. */
export function metadataRequest(): Buffer {
  const clientId = 'putlog-stack';
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  body.writeInt32BE(body.length - 4, 0);
  body.writeInt16BE(3, 4); // api key: Metadata
  body.writeInt16BE(4, 6); // version
  body.writeInt32BE(1, 8); // correlation id
  body.writeInt16BE(clientId.length, 12);
  body.write(clientId, 14, 'latin1');
  return body;
}

/** The node ids of the brokers that the answer names; undefined while it is incomplete. */
export function brokersIn(response: Buffer): number[] | undefined {
  if (response.length < 4 || response.length < 4 + response.readInt32BE(0)) return undefined;
  let at = 4 + 4 + 4; // size, correlation id, throttle time
  const count = response.readInt32BE(at);
  at += 4;
  return Array.from({ length: count }, () => {
    const nodeId = response.readInt32BE(at);
    at += 4 + 2 + response.readInt16BE(at + 4) + 4; // node id, host, port
    at += 2 + Math.max(0, response.readInt16BE(at)); // rack, -1 for none
    return nodeId;
  });
}
