// The inner class of MongoDB's driver 7.8.0 that platform/mongodb-drain.ts mends (the package ships no types for it).
declare module 'mongodb/lib/cmap/connection.js' {
  export class Connection {
    socket: import('node:net').Socket;
    /** Ends the connection; once only, later calls do nothing. */
    cleanup(error: Error): void;
  }
}
