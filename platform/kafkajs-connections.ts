// One fix of kafkajs 2.2.4, in force as soon as this module is imported. A connection that broke in the middle of an answer reads
// on there when it is connected anew: it takes the beginning of the next answers for the missing end, finds a length where none
// is, and keeps whatever comes after, while every request times out. Its old socket still counts too: what comes from that is
// read as well, and its end ends the new one. And callers that find it closed at the same time open a socket each. Here it has
// one socket at a time, and begins anew with it.
import type { Socket } from 'node:net';
import Connection from 'kafkajs/src/network/connection.js';

/** Bytes of the length in front of each answer. */
const lengthBytes = 4;

const { connect } = Connection.prototype;

Connection.prototype.connect = function connectOnce() {
  if (this.isConnected()) return Promise.resolve(true);
  this.connecting ??= connectAnew(this).finally(() => {
    this.connecting = undefined;
  });
  return this.connecting;
};

function connectAnew(connection: Connection): Promise<true> {
  if (connection.socket !== undefined) letGo(connection.socket, connection);
  connection.chunks = [];
  connection.bytesBuffered = 0;
  connection.bytesNeeded = lengthBytes;
  return connect.call(connection);
}

function letGo(socket: Socket, { logDebug }: Connection): void {
  for (const event of ['data', 'end', 'error', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', (error) => logDebug('a socket failed that had been given up', { error: error.message }));
  socket.destroy();
}
