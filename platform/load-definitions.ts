// Finds what users define in files of their own: every .ts, .js and .mjs file directly in a folder, whose default export is a definition,
// or an array of them. What is wrong is gathered, so that it can be told at once. The loaders of job types and of projections call it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideJobImports } from './job-imports.ts';

/** What is wrong with the folders, a line each, and why. */
export type Faults = { problems: string[]; causes: unknown[] };

export type DefinitionKind<T> = {
  /** The function that makes one. */
  made: string;
  /** The variable that names the user's own folder. */
  setting: string;
  is: (value: unknown) => value is T;
};

const isModule = (name: string) => /\.(ts|js|mjs)$/.test(name) && !/\.d\.ts$|\.test\.\w+$/.test(name);

/** `message`: what kind of file is wrong, with its verb, of one and of many. */
export const faultsText = (problems: readonly string[], file: string): string =>
  `${problems.length === 1 ? `a ${file} is` : `${problems.length} ${file}s are`} wrong:\n  ${problems.join('\n  ')}`;

/** @throws what the module throws, TypeError where its default export is something else */
export async function importDefinitions<T>(file: string, { made, is }: DefinitionKind<T>): Promise<T[]> {
  const module: { default?: unknown } = await import(file);
  const exported = Array.isArray(module.default) ? module.default : [module.default];
  if (exported.length > 0 && exported.every(is)) return exported;
  throw new TypeError(`its default export must be what ${made}({ … }) returns, or an array of that`);
}

/**
 * `take` is given each definition with the URL of its file and the folder; what it throws is a fault of that file.
 * @param folders absolute paths. A folder that is missing is a fault.
 */
export async function loadDefinitions<T>(
  folders: readonly string[],
  kind: DefinitionKind<T>,
  take: (definition: T, file: string, folder: string) => void,
): Promise<Faults> {
  provideJobImports();
  const problems: string[] = [];
  const causes: unknown[] = [];
  const report = (where: string, error: unknown) => {
    problems.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    causes.push(error);
  };

  for (const folder of folders) {
    const names = await readdir(folder).catch((error: unknown) => {
      report(`the folder ${folder} cannot be read (${kind.setting} names your own)`, error);
      return [];
    });
    for (const name of names.filter(isModule).sort()) {
      const path = join(folder, name);
      const file = pathToFileURL(path).href;
      const found = await importDefinitions(file, kind).catch((error: unknown) => {
        report(path, error);
        return [];
      });
      for (const definition of found)
        try {
          take(definition, file, folder);
        } catch (error) {
          report(path, error);
        }
    }
  }
  return { problems, causes };
}
