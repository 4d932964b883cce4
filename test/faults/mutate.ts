// Proves that the suite can fail: takes one guard at a time out of a copy of the source and runs the faults that must
// notice. A mutation that survives is a hole in the suite. Called by run.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Mutation, mutations } from './mutations.ts';

const root = resolve(import.meta.dirname, '../..');
const left = new Set(['node_modules', '.git', '.putlog', 'bench'].map((name) => join(root, name)));

/** How a run of the suite ends: see run.ts. */
const breached = 1;

/** `noticed`: the faults found a breach, as they must. */
export type Mutated = { readonly mutation: Mutation; readonly noticed: boolean };

/** Resolves to what came of each. @param only ids of faults: those of their mutations */
export async function mutate(only: readonly string[] | undefined, seed: number): Promise<Mutated[]> {
  const chosen = mutations.filter(({ caughtBy }) => caughtBy.some((id) => only?.includes(id) ?? true));
  const results: Mutated[] = [];
  for (const mutation of chosen) {
    console.log(`\n=== without a guard: ${mutation.name} (${mutation.file}), faults ${mutation.caughtBy.join(', ')}`);
    const code = await runWithout(mutation, seed);
    const noticed = code === breached;
    results.push({ mutation, noticed });
    console.log(`=== ${noticed ? 'noticed' : `NOT NOTICED (the suite ended with ${code})`}: ${mutation.name}`);
  }
  const survived = results.filter(({ noticed }) => !noticed).map(({ mutation }) => mutation.name);
  const verdict = survived.length === 0 ? 'all were noticed' : `NOT NOTICED: ${survived.join('; ')}`;
  console.log(`\n${chosen.length} guards taken out, one at a time: ${verdict}`);
  return results;
}

async function runWithout({ file, from, to, caughtBy }: Mutation, seed: number): Promise<number | null> {
  const copy = await mkdtemp(join(tmpdir(), 'putlog-mutated-'));
  try {
    await cp(root, copy, { recursive: true, filter: (source) => !left.has(source) });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    // A run of the suite says which source it is of.
    await symlink(join(root, '.git'), join(copy, '.git'));
    const source = await readFile(join(copy, file), 'utf8');
    const found = source.split(from).length - 1;
    if (found !== 1) throw new Error(`"${from}" is ${found} times in ${file}, not once: the mutation must be renewed`);
    await writeFile(
      join(copy, file),
      source.replace(from, () => to),
    );
    const args = [join(copy, 'test/faults/run.ts'), '--only', caughtBy.join(','), '--seed', String(seed)];
    const child = spawn(process.execPath, args, {
      cwd: copy,
      stdio: 'inherit',
      env: { ...process.env, FAULTS_FOLDER: join(copy, 'faults-folder') },
    });
    const [code]: unknown[] = await once(child, 'exit');
    return typeof code === 'number' ? code : null;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
