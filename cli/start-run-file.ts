import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsualPart } from '../embedded/part.ts';
import type { Role } from './start-service.ts';

/**
 * `run.json` in the data directory: where everything answers and as which processes, for scripts and tests. It is
 * always whole, is written anew when a pid changes, and is gone after a clean stop. Written by start.ts.
 */
export type Run = {
  readonly http: string;
  readonly kafka: string;
  readonly registry: string;
  readonly mongodb: string;
  /** A part that is not ours has no processes. */
  readonly processes: Readonly<Record<Role | UsualPart, readonly number[]>>;
};

export type RunFile = { readonly write: (run: Run) => Promise<void>; readonly remove: () => Promise<void> };

export function runFile(dataDir: string): RunFile {
  const file = join(dataDir, 'run.json');
  let last: Promise<void> = Promise.resolve();
  const next = (step: () => Promise<void>) => {
    // A failed write is its own caller's; the next one is tried all the same.
    const done = last.then(step);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    write: (run) =>
      next(async () => {
        // A connection string may hold a password.
        await writeFile(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
        await rename(`${file}.new`, file);
      }),
    remove: () => next(() => rm(file, { force: true })),
  };
}
