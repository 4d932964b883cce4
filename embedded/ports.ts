import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { problem } from './problem.ts';

/**
 * Picks TCP ports on 127.0.0.1 for start-stack.ts. Picked ones lie below the range that systems give to outgoing
 * connections: a port from there could be taken by a client while its server is restarted (a client that keeps
 * connecting to it can even end up connected to itself).
 */
export const isFree = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

const firstPort = 20_000;
const lastPort = 30_000;

async function pickFree(taken: ReadonlySet<number>): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(firstPort, lastPort);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw problem(`No free port on 127.0.0.1 between ${firstPort} and ${lastPort}.`);
}

export type PortWish = {
  readonly wanted: number | undefined;
  readonly previous: number | undefined;
  readonly setting: string;
};

/**
 * A wanted port as it is (refused when taken), else the port of the previous run while that is free, else any
 * free one. No port is given twice.
 */
export async function choosePorts<Name extends string>(
  wishes: Readonly<Record<Name, PortWish>>,
): Promise<Record<Name, number>> {
  const chosen: Partial<Record<Name, number>> = {};
  const taken = new Set<number>();
  const names = Object.keys(wishes) as Name[];
  // Wanted ones first, so that none of them is given away.
  names.sort((a, b) => Number(wishes[a].wanted === undefined) - Number(wishes[b].wanted === undefined));
  for (const name of names) {
    const port = await choosePort(wishes[name], taken);
    taken.add(port);
    chosen[name] = port;
  }
  return chosen as Record<Name, number>;
}

async function choosePort({ wanted, previous, setting }: PortWish, taken: ReadonlySet<number>): Promise<number> {
  if (wanted !== undefined) {
    if (!taken.has(wanted) && (await isFree(wanted))) return wanted;
    throw problem(`Port ${wanted} (${setting}) is taken on 127.0.0.1: name another one, or leave ${setting} unset.`);
  }
  return previous !== undefined && !taken.has(previous) && (await isFree(previous)) ? previous : pickFree(taken);
}
