// One fix of the MongoDB driver 7.8.0, in force as soon as this module is imported. Between the moment at which a socket is
// destroyed and its `close` event (one turn of the event loop, if the server ended the connection) a command is written into
// nothing and then waits for `drain`, which a destroyed socket never tells: the call never settles. Here the end of a
// connection wakes it, and the driver's own next step throws the connection's error.
import { Connection } from 'mongodb/lib/cmap/connection.js';

const cleanup = Connection.prototype.cleanup;

Connection.prototype.cleanup = function wakeWhatWaits(error) {
  cleanup.call(this, error);
  this.socket.emit('drain');
};
