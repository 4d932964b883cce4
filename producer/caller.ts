// Who is calling, on each request once access.ts has let it in; and what its answer may be about. Routes whose jobs stand in a body,
// or that list what there is, ask here; a type that stands in an address was checked before.
import type { FastifyRequest } from 'fastify';
import { type Access, everything, prefixOf, type TypePatterns, touches } from '../schemas/access.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { Rate } from '../schemas/rate.ts';

/**
 * `id` is what a line of the log and a rate limit know it by; no secret. `rate`: its own, in place of that of all. `anonymous`: it has said
 * no name, and `id` is only where it calls from.
 */
export type Caller = {
  readonly id: string;
  readonly access: Access;
  readonly rate?: Rate | undefined;
  readonly anonymous?: true;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Null: the address is open to everybody, or nothing is there. */
    caller: Caller | null;
  }
}

/** Undefined: all types. */
export const typesOf = ({ caller }: FastifyRequest): TypePatterns => (caller ?? { access: everything }).access.types;

export const mayTouch = (request: FastifyRequest, type: string): boolean => touches(typesOf(request), type);

/** @throws PutlogError type-not-allowed, whether or not there is such a type */
export function assertMayTouch(request: FastifyRequest, types: Iterable<string>): void {
  for (const type of types)
    if (!mayTouch(request, type))
      throw new PutlogError(
        'type-not-allowed',
        `this caller may touch ${typesOf(request)?.join(', ') || 'no type'}, and not "${type}"`,
      );
}

/** '': nobody has said who it is. */
export const callerName = ({ caller }: FastifyRequest): string =>
  caller === null || caller.anonymous === true ? '' : caller.id;

/** Undefined: all; else those of `known` that it may touch, and those that it names whether they are known or not. */
export function touchable(request: FastifyRequest, known: Iterable<string>): string[] | undefined {
  const patterns = typesOf(request);
  if (patterns === undefined) return undefined;
  const named = patterns.filter((pattern) => prefixOf(pattern) === undefined);
  return [...new Set([...named, ...[...known].filter((type) => touches(patterns, type))])].sort();
}

/** Of MongoDB, for documents with a `type`. */
export function typeFilter(types: TypePatterns): { $or?: object[] } {
  if (types === undefined) return {};
  const prefixes = types.flatMap((pattern) => prefixOf(pattern) ?? []);
  const names = types.filter((pattern) => prefixOf(pattern) === undefined);
  // A name has only letters, digits, `-` and dots.
  const beginning = prefixes.map((prefix) => ({ type: { $regex: `^${prefix.replaceAll('.', '\\.')}` } }));
  return { $or: [{ type: { $in: names } }, ...beginning] };
}
