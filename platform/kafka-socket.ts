// Sockets to the brokers. kafkajs's own leave Nagle's algorithm on: a request that follows another on the same connection
// then waits for an acknowledgement of the first, up to 40 ms. https://datatracker.ietf.org/doc/html/rfc896
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const keepAliveDelayMs = 60_000;

export const kafkaSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : connectTcp({ host, port }, onConnect);
  // While a broker is away kafkajs ends one and the same socket again and again, and each time Node adds a listener to it.
  socket.setMaxListeners(0);
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveDelayMs);
};
