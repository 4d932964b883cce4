// Finds the job types: every .ts, .js and .mjs file directly in a folder, whose default export is what defineJob made,
// or an array of that. All that is wrong with the folders is told at once. Each process calls it at its start.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Compile } from 'typebox/compile';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isOwnType } from '../schemas/own-types.ts';
import { provideJobImports } from './job-imports.ts';

/** `file` is the URL of the module, from which worker threads import it again. */
export type LoadedJob = { definition: JobDefinition; file: string };

/** All that is wrong with the folders of job types, one line each. */
export class JobsError extends Error {
  constructor(problems: string[], causes: unknown[]) {
    const count = problems.length === 1 ? 'a job file is' : `${problems.length} job files are`;
    super(`${count} wrong:\n  ${problems.join('\n  ')}`, { cause: new AggregateError(causes) });
    this.name = 'JobsError';
  }
}

const builtIn = fileURLToPath(new URL('../jobs', import.meta.url));

const isJobFile = (name: string) => /\.(ts|js|mjs)$/.test(name) && !/\.d\.ts$|\.test\.\w+$/.test(name);

function isDefinition(value: unknown): value is JobDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { type, payload, result, run, handler, retry } = value as Partial<Record<keyof JobDefinition, unknown>>;
  const defaultsAreIn = (run === 'inline' || run === 'thread') && typeof retry === 'object';
  const schemasAreIn = typeof payload === 'object' && typeof result === 'object';
  return typeof type === 'string' && typeof handler === 'function' && defaultsAreIn && schemasAreIn;
}

/** @throws Error that says which schema cannot be used to check anything, and why. */
function assertSchemas({ type, payload, result }: JobDefinition) {
  for (const [name, schema] of Object.entries({ payload, result })) {
    try {
      Compile(schema);
    } catch (cause) {
      throw new Error(`the ${name} schema of "${type}" cannot be compiled: ${String(cause)}`, { cause });
    }
  }
}

/** The job types of one module; also how a worker thread gets at its handler. @throws what the module throws, TypeError */
export async function importJobs(file: string): Promise<JobDefinition[]> {
  const module: { default?: unknown } = await import(file);
  const exported = Array.isArray(module.default) ? module.default : [module.default];
  if (exported.length > 0 && exported.every(isDefinition)) return exported;
  throw new TypeError('its default export must be what defineJob({ … }) returns, or an array of that');
}

/**
 * @param folders absolute paths. A folder that is missing is an error.
 * @throws JobsError that lists everything wrong with them
 */
export async function loadJobs(folders: string[]): Promise<Map<string, LoadedJob>> {
  provideJobImports();
  const jobs = new Map<string, LoadedJob>();
  const problems: string[] = [];
  const causes: unknown[] = [];
  const report = (where: string, error: unknown) => {
    problems.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    causes.push(error);
  };

  for (const folder of folders) {
    const names = await readdir(folder).catch((error: unknown) => {
      report(`the folder ${folder} cannot be read (PUTLOG_JOBS names your own)`, error);
      return [];
    });
    for (const name of names.filter(isJobFile).sort()) {
      const file = pathToFileURL(join(folder, name)).href;
      const found = await importJobs(file).catch((error: unknown) => {
        report(join(folder, name), error);
        return [];
      });
      for (const definition of found) {
        const { type } = definition;
        const other = jobs.get(type);
        try {
          if (isOwnType(type) && resolve(folder) !== builtIn)
            throw new TypeError(`type "${type}" has a name of Putlog's own`);
          if (other !== undefined) throw new TypeError(`type "${type}" is already defined in ${other.file}`);
          assertSchemas(definition);
          jobs.set(type, { definition, file });
        } catch (error) {
          report(join(folder, name), error);
        }
      }
    }
  }
  if (problems.length > 0) throw new JobsError(problems, causes);
  return jobs;
}

/** The job types that come along, and those of the user's own folder ('': none). @throws JobsError */
export const loadConfiguredJobs = (own: string): Promise<Map<string, LoadedJob>> =>
  loadJobs(own === '' ? [builtIn] : [builtIn, own]);
