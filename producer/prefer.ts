// What a client prefers (RFC 7240): `wait`, `respond-async` and `handling`. A preference is a wish: one that is not known, or cannot be
// read, is passed over, and never refused. answer-submit and get-job-routes read it.

/** `waitMs`: how long the answer may be held back (milliseconds), not capped yet; undefined: not asked for. */
export type Preferences = {
  waitMs?: number;
  respondAsync: boolean;
  handling?: 'strict' | 'lenient';
};

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const word = `(?:${token}|"(?:[^"\\\\]|\\\\.)*")`;
/** What it is parted at: a comma inside of quotes parts nothing. */
const elements = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;
/** Its name, its value; parameters that follow mean nothing to us. */
const preference = new RegExp(`^\\s*(${token})\\s*(?:=\\s*(${word})?\\s*)?(?:;.*)?$`, 's');

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;

/** @param header all field lines, as one list or many. The first of several with one name counts (§2). */
export function preferencesOf(header: string | readonly string[] | undefined): Preferences {
  const named = new Map<string, string>();
  for (const element of [header ?? []].flat().join(',').match(elements) ?? []) {
    const [, name, value = ''] = preference.exec(element) ?? [];
    const lower = name?.toLowerCase();
    if (lower !== undefined && !named.has(lower)) named.set(lower, unquoted(value));
  }
  const wait = named.get('wait');
  const handling = named.get('handling');
  return {
    ...(wait !== undefined && /^\d{1,9}$/.test(wait) && { waitMs: Number(wait) * 1_000 }),
    // It has no value (§4.1), and an empty one is none (§2).
    respondAsync: named.get('respond-async') === '',
    ...((handling === 'strict' || handling === 'lenient') && { handling }),
  };
}

/** `Preference-Applied` (§3); undefined: nothing was. `waitMs` is what was granted, `respondAsync` whether it is why the answer is a 202. */
export function preferenceApplied(applied: Partial<Preferences>): string | undefined {
  const { waitMs, respondAsync = false, handling } = applied;
  const said = [
    ...(respondAsync ? ['respond-async'] : []),
    ...(waitMs === undefined ? [] : [`wait=${Math.floor(waitMs / 1_000)}`]),
    ...(handling === undefined ? [] : [`handling=${handling}`]),
  ];
  return said.length === 0 ? undefined : said.join(', ');
}
