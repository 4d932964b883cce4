import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartName } from './part.ts';
import { codeOf } from './problem.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { StackPorts } from './stack-ports.ts';

/**
 * What a data directory remembers from run to run: the ports (so that addresses stay the same) and the processes
 * of the last run (so that what a killed run left behind is waited for). Read and written by start-stack.ts.
 */
export type StackState = {
  readonly ports: StackPorts;
  readonly processes: Readonly<Partial<Record<PartName, ProcessIdentity>>>;
};

const fileIn = (dataDir: string) => join(dataDir, 'stack.json');

export async function readState(dataDir: string): Promise<StackState> {
  try {
    const { ports, processes } = JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as Partial<StackState>;
    return { ports: ports ?? {}, processes: processes ?? {} };
  } catch (error) {
    // A first run, or a file cut short by a power failure: ports are picked anew.
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return { ports: {}, processes: {} };
    throw error;
  }
}

/** Writes whole states, one after the other: a later call always wins. */
export function stateWriter(dataDir: string): (state: StackState) => Promise<void> {
  const file = fileIn(dataDir);
  let last: Promise<void> = Promise.resolve();
  const write = async (state: StackState) => {
    await writeFile(`${file}.new`, JSON.stringify(state, null, 2));
    await rename(`${file}.new`, file);
  };
  return (state) => {
    // The next write is tried whether or not this one fails, which its own caller hears of.
    const written = last.then(() => write(state));
    last = written.catch(() => undefined);
    return written;
  };
}
