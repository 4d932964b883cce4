// What differs between two versions of a schema, Avro or JSON Schema, in words that name the field: registries tell the kind
// of a breach, and not always its place. Pure; the registry calls it when a schema is refused.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Avro's fields by name; anything else by what it is, because the order of `required` or of a union says nothing. */
const byName = (list: Json[]): { [key: string]: Json } =>
  Object.fromEntries(
    list.map((item) => [isObject(item) && typeof item.name === 'string' ? item.name : JSON.stringify(item), item]),
  );

/** Each change as `<JSON Pointer>: <change>`, for example `/required/"street": added`. */
export function schemaChanges(before: Json | undefined, after: Json | undefined, at = ''): string[] {
  if (Array.isArray(before) && Array.isArray(after)) return schemaChanges(byName(before), byName(after), at);
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      schemaChanges(before[key], after[key], `${at}/${key}`),
    );
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [`${at}: added`];
  if (after === undefined) return [`${at}: removed`];
  const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
  return old === now ? [] : [`${at}: ${old} became ${now}`];
}
