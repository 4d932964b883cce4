// The projections of a user: the files of the folder PUTLOG_PROJECTIONS, each of which has what defineProjection made. The projector calls
// it at its start.
import type { ProjectionDefinition } from '../schemas/define-projection.ts';
import { type DefinitionKind, faultsText, loadDefinitions } from './load-definitions.ts';

/** All that is wrong with the folder of projections, one line each. */
export class ProjectionsError extends Error {
  constructor(problems: string[], causes: unknown[]) {
    super(faultsText(problems, 'projection file'), { cause: new AggregateError(causes) });
    this.name = 'ProjectionsError';
  }
}

const kind: DefinitionKind<ProjectionDefinition> = {
  made: 'defineProjection',
  setting: 'PUTLOG_PROJECTIONS',
  is(value): value is ProjectionDefinition {
    if (typeof value !== 'object' || value === null) return false;
    const { name, event, kinds, indexes } = value as Partial<Record<keyof ProjectionDefinition, unknown>>;
    return typeof name === 'string' && event !== undefined && Array.isArray(kinds) && Array.isArray(indexes);
  },
};

/** @param folder an absolute path; '': none. @param taken names that are in use. @throws ProjectionsError */
export async function loadProjections(folder: string, taken: readonly string[]): Promise<ProjectionDefinition[]> {
  const loaded: ProjectionDefinition[] = [];
  const { problems, causes } = await loadDefinitions(folder === '' ? [] : [folder], kind, (definition) => {
    const { name } = definition;
    if (taken.includes(name)) throw new TypeError(`"${name}" is the name of a projection of Putlog's own`);
    if (loaded.some((other) => other.name === name)) throw new TypeError(`projection "${name}" is defined twice`);
    loaded.push(definition);
  });
  if (problems.length > 0) throw new ProjectionsError(problems, causes);
  return loaded;
}
