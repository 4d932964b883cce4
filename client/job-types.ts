// How a call gets the types of its payload and its result: from a job's definition, from a map of names, or as told with the call.

/** What `defineJob` returns, as far as a client needs it. */
export type DefinedJob = {
  readonly type: string;
  readonly types?: { readonly payload: unknown; readonly result: unknown };
};

type Types<J> = J extends { readonly types?: infer T } ? NonNullable<T> : never;
/** An entry of a map is a definition's type (`typeof wordCount`), or says both itself. */
type Entry<E> = 'types' extends keyof E ? Types<E> : E;

type TypesOf<Jobs, J> = J extends keyof Jobs ? Entry<Jobs[J]> : J extends string ? unknown : Types<J>;
export type PayloadOf<Jobs, J> = TypesOf<Jobs, J> extends { readonly payload: infer P } ? P : unknown;
export type ResultOf<Jobs, J> = TypesOf<Jobs, J> extends { readonly result: infer R } ? R : unknown;

/** Without a map any name will do. */
export type NameIn<Jobs> = [keyof Jobs] extends [never] ? string : keyof Jobs & string;
export type JobIn<Jobs> = NameIn<Jobs> | DefinedJob;

export const typeOf = (job: string | DefinedJob): string => (typeof job === 'string' ? job : job.type);
