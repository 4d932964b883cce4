// A TCP proxy that can be told to misbehave: swallow, refuse, reset, delay. What it holds back it delivers later and in
// order, as a network does. The fault suite puts one in front of each server; kafka-proxy.ts looks into what passes.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Times in milliseconds. */
export type TcpProxy = {
  readonly port: number;
  /** Nothing passes in either direction; what came meanwhile passes when it ends, even from a client that has gone. */
  blackHole(on: boolean): void;
  /** Closes all connections and takes no new ones. Resolves when it is so. */
  refuse(on: boolean): Promise<void>;
  /** Ends all connections with RST. */
  reset(): void;
  /** Ends all connections with FIN, as a server does that goes in good order. */
  end(): void;
  /** Asked for each chunk; the order is kept. */
  delay(ms: () => number): void;
  /** As if nothing had been asked for. */
  heal(): Promise<void>;
  close(): Promise<void>;
};

export type Direction = 'request' | 'answer';

/** What to pass on instead of a chunk, one by one; `undefined` among them cuts the connection. */
export type Look = (direction: Direction, chunk: Buffer) => AsyncIterable<Buffer | undefined>;

async function* asItIs(_: Direction, chunk: Buffer) {
  yield chunk;
}

/** @param look made once for each connection */
export async function startTcpProxy(
  port: number,
  target: { port: number },
  look: () => Look = () => asItIs,
): Promise<TcpProxy> {
  const connections = new Set<{ reset: () => void; end: () => void }>();
  let delayOf = () => 0;
  let hole: PromiseWithResolvers<void> | undefined;
  let server: Server | undefined;

  function join(client: Socket) {
    const upstream = connect({ host: '127.0.0.1', port: target.port, allowHalfOpen: true });
    const looking = look();
    const both = {
      reset() {
        connections.delete(both);
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      },
      end() {
        client.end();
        upstream.end();
      },
    };
    connections.add(both);
    pass('request', client, upstream);
    pass('answer', upstream, client);

    function pass(direction: Direction, from: Socket, to: Socket) {
      from.setNoDelay(true);
      // One after the other: a chunk never overtakes what is held back before it.
      let last = Promise.resolve();
      const then = (step: () => Promise<void>) => {
        last = last.then(step).catch(() => both.reset());
      };
      from.on('data', (chunk) => then(() => deliver(direction, chunk, to)));
      // The other side hears of an end as it hears of data: in its turn, however it came.
      from.on('end', () => then(async () => void to.end()));
      from.on('error', () => undefined);
      from.on('close', () => {
        if (to.destroyed) connections.delete(both);
        then(async () => void to.end());
      });
    }

    async function deliver(direction: Direction, chunk: Buffer, to: Socket) {
      const ms = delayOf();
      if (ms > 0) await wait(ms);
      await hole?.promise;
      for await (const bytes of looking(direction, chunk)) {
        if (bytes === undefined) return both.reset();
        if (!to.destroyed) to.write(bytes);
      }
    }
  }

  async function open() {
    if (server !== undefined) return;
    server = createServer({ allowHalfOpen: true }, join);
    server.listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
  }

  const reset = () => {
    for (const connection of connections) connection.reset();
  };

  async function refuse() {
    const closing = server;
    if (closing === undefined) return;
    server = undefined;
    const closed = once(closing, 'close');
    closing.close();
    reset();
    await closed;
  }

  const blackHole = (on: boolean) => {
    if (on) hole ??= Promise.withResolvers<void>();
    else {
      hole?.resolve();
      hole = undefined;
    }
  };

  await open();
  return {
    port,
    blackHole,
    refuse: (on) => (on ? refuse() : open()),
    reset,
    end: () => {
      for (const connection of connections) connection.end();
    },
    delay: (ms) => {
      delayOf = ms;
    },
    async heal() {
      blackHole(false);
      delayOf = () => 0;
      await open();
    },
    close: refuse,
  };
}
