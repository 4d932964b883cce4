// Finds the job types: every file directly in a folder whose default export is what defineJob made, or an array of that. All that is wrong
// with the folders is told at once. Each process calls it at its start.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isOwnType } from '../schemas/own-types.ts';
import { type DefinitionKind, faultsText, importDefinitions, loadDefinitions } from './load-definitions.ts';

/** `file` is the URL of the module, from which worker threads import it again. */
export type LoadedJob = { definition: JobDefinition; file: string };

/** All that is wrong with the folders of job types, one line each. */
export class JobsError extends Error {
  constructor(problems: string[], causes: unknown[]) {
    super(faultsText(problems, 'job file'), { cause: new AggregateError(causes) });
    this.name = 'JobsError';
  }
}

const builtIn = fileURLToPath(new URL('../jobs', import.meta.url));

function isDefinition(value: unknown): value is JobDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { type, payload, result, run, handler, retry, personal } = value as Partial<
    Record<keyof JobDefinition, unknown>
  >;
  const defaultsAreIn = (run === 'inline' || run === 'thread') && typeof retry === 'object' && personal !== undefined;
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

const kind: DefinitionKind<JobDefinition> = { made: 'defineJob', setting: 'PUTLOG_JOBS', is: isDefinition };

/** The job types of one module; also how a worker thread gets at its handler. @throws what the module throws, TypeError */
export const importJobs = (file: string): Promise<JobDefinition[]> => importDefinitions(file, kind);

/**
 * @param folders absolute paths. A folder that is missing is an error.
 * @param setting that names them
 * @throws JobsError that lists everything wrong with them
 */
export async function loadJobs(folders: string[], setting = kind.setting): Promise<Map<string, LoadedJob>> {
  const jobs = new Map<string, LoadedJob>();
  const { problems, causes } = await loadDefinitions(folders, { ...kind, setting }, (definition, file, folder) => {
    const { type } = definition;
    const other = jobs.get(type);
    if (isOwnType(type) && resolve(folder) !== builtIn)
      throw new TypeError(`type "${type}" has a name of Putlog's own`);
    if (other !== undefined) throw new TypeError(`type "${type}" is already defined in ${other.file}`);
    assertSchemas(definition);
    jobs.set(type, { definition, file });
  });
  if (problems.length > 0) throw new JobsError(problems, causes);
  return jobs;
}

/** The job types that come along, and those of the user's own folder ('': none). @throws JobsError */
export const loadConfiguredJobs = (own: string): Promise<Map<string, LoadedJob>> =>
  loadJobs(own === '' ? [builtIn] : [builtIn, own]);
