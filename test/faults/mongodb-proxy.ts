// The proxy in front of MongoDB: a TCP proxy as the others, which can tell the moment of a write to a collection (BSON holds
// the names of command and collection as plain text), for scenarios that kill somebody right there.
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export type MongoProxy = TcpProxy & {
  /** Calls `what` once, while the next write to this collection is held back; it passes after. Resolves then. */
  atNextWrite(collection: string, what: () => Promise<void>): Promise<void>;
};

/** The first element of a command document: type string, its name, the length of the collection's name, the name. */
function opening(command: string, collection: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(collection.length + 1);
  return Buffer.concat([Buffer.from(`\x02${command}\0`), length, Buffer.from(`${collection}\0`)]);
}

type Watch = { openings: Buffer[]; what: () => Promise<void>; done: PromiseWithResolvers<void> };

export async function startMongoProxy(port: number, target: { port: number }): Promise<MongoProxy> {
  const watches = new Set<Watch>();
  const proxy = await startTcpProxy(
    port,
    target,
    () =>
      async function* (direction, chunk) {
        if (direction === 'request')
          for (const watch of watches)
            if (watch.openings.some((bytes) => chunk.includes(bytes))) {
              watches.delete(watch);
              await watch.what();
              watch.done.resolve();
            }
        yield chunk;
      },
  );
  return {
    ...proxy,
    atNextWrite(collection, what) {
      const openings = ['insert', 'update'].map((command) => opening(command, collection));
      const watch = { openings, what, done: Promise.withResolvers<void>() };
      watches.add(watch);
      return watch.done.promise;
    },
    async heal() {
      for (const { done } of watches) done.resolve();
      watches.clear();
      await proxy.heal();
    },
  };
}
