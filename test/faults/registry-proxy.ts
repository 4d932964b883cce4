// The proxy in front of the schema registry: a TCP proxy as the others, and behind it one that reads HTTP, so that a
// scenario can answer in the registry's place (500 for everything, 404 for one id).

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** The status to answer with in the registry's place, and Confluent's error code; undefined: the registry answers. */
export type StandIn = (method: string, path: string) => { status: number; errorCode: number } | undefined;

export type RegistryProxy = TcpProxy & { answer(standIn: StandIn): void };

export async function startRegistryProxy(port: number, target: { port: number }): Promise<RegistryProxy> {
  let standIn: StandIn = () => undefined;

  function serve(asked: IncomingMessage, answer: ServerResponse) {
    const { method = 'GET', url = '/', headers } = asked;
    const instead = standIn(method, url);
    if (instead !== undefined) {
      asked.resume();
      answer.writeHead(instead.status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ error_code: instead.errorCode, message: 'answered by the fault suite' }));
      return;
    }
    const onward = request({ host: '127.0.0.1', port: target.port, method, path: url, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  }

  const reader = createServer(serve).listen(0, '127.0.0.1');
  await once(reader, 'listening');
  const address = reader.address();
  if (address === null || typeof address === 'string') throw new Error('the HTTP proxy has no port');
  const proxy = await startTcpProxy(port, { port: address.port });
  return {
    ...proxy,
    answer: (instead) => {
      standIn = instead;
    },
    async heal() {
      standIn = () => undefined;
      await proxy.heal();
    },
    async close() {
      await proxy.close();
      reader.close();
      reader.closeAllConnections();
    },
  };
}
