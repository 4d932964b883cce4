// Two fixes of kafkajs 2.2.4, in force as soon as this module is imported.
//
// A connection that broke in the middle of an answer reads on there when it is connected anew: it takes the beginning of the next
// answers for the missing end, finds a length where none is, and keeps whatever comes after, while every request times out. Its old
// socket still counts too: what comes from that is read as well, and its end ends the new one. And callers that find it closed at
// the same time open a socket each. Here it has one socket at a time, and begins anew with it.
//
// A connection that is being closed waits for the answers to what was sent, counts as connected meanwhile, and takes more: to a
// peer that is gone, one request after the other, so that it is never closed; and one that comes in the moment in which it is closed
// has nobody left who would end it. Here nothing is sent over it any more: it is closed at once and connected anew.
import type { Socket } from 'node:net';
import { KafkaJSConnectionClosedError } from 'kafkajs/src/errors.js';
import Connection from 'kafkajs/src/network/connection.js';
import ConnectionPool from 'kafkajs/src/network/connectionPool.js';

/** Bytes of the length in front of each answer. */
const lengthBytes = 4;

const { connect, disconnect } = Connection.prototype;

/** kafkajs's `isConnected` is true also while it is being closed. */
const takesRequests = ({ connectionStatus }: Connection): boolean => connectionStatus === 'connected';

Connection.prototype.connect = function connectOnce() {
  if (takesRequests(this)) return Promise.resolve(true);
  this.connecting ??= connectAnew(this).finally(() => {
    this.connecting = undefined;
  });
  return this.connecting;
};

Connection.prototype.disconnect = function disconnectOnce() {
  this.disconnecting ??= disconnect.call(this).finally(() => {
    this.disconnecting = undefined;
    // Sent in the last moment: it will have no answer, and nobody watches its time any more.
    if (!takesRequests(this)) rejectAll(this);
  });
  return this.disconnecting;
};

async function connectAnew(connection: Connection): Promise<true> {
  // Upon that it has nothing to wait for.
  rejectAll(connection);
  await connection.disconnecting;
  if (connection.socket !== undefined) letGo(connection.socket, connection);
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = lengthBytes;
  return connect.call(connection);
}

function rejectAll(connection: Connection): void {
  const { host, port } = connection;
  connection.rejectRequests(new KafkaJSConnectionClosedError('Closed connection', { host, port }));
}

function letGo(socket: Socket, { logDebug }: Connection): void {
  for (const event of ['data', 'end', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', (error) => logDebug('a socket failed that had been given up', { error: error.message }));
  socket.destroy();
}

ConnectionPool.prototype.getConnection = async function openConnection(index = 0) {
  const connection = this.pool[index];
  if (connection === undefined) throw new RangeError(`there is no connection ${index}`);
  if (!takesRequests(connection)) await connection.connect();
  return connection;
};
