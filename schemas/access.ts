// What somebody may do: scopes, and the job types that they hold for. The same for a key, a token and whoever has neither.
import { isTypeName } from './define-job.ts';

/** `submit`: ask for jobs and take that back; `read`: look; `operate`: what changes how the system runs. */
export const scopes = ['submit', 'read', 'operate'] as const;
export type Scope = (typeof scopes)[number];

export const isScope = (value: unknown): value is Scope => scopes.some((scope) => scope === value);

/** Names of job types, or `image.*` for all that begin with `image.`. Undefined: all types; an empty list: none. */
export type TypePatterns = readonly string[] | undefined;

export type Access = { readonly scopes: readonly Scope[]; readonly types: TypePatterns };

/** May do everything. */
export const everything: Access = { scopes, types: undefined };

export const isTypePattern = (value: unknown): value is string =>
  typeof value === 'string' && isTypeName(value.replace(/\.\*$/, ''));

/** What every type that the pattern means begins with; undefined: it names one type. */
export const prefixOf = (pattern: string): string | undefined =>
  pattern.endsWith('.*') ? pattern.slice(0, -1) : undefined;

export function touches(types: TypePatterns, type: string): boolean {
  if (types === undefined) return true;
  return types.some((pattern) => {
    const prefix = prefixOf(pattern);
    return prefix === undefined ? pattern === type : type.startsWith(prefix);
  });
}
