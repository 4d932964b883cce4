// Where the next page of an answer is: `Link: <…>; rel="next"` (RFC 8288).

/** Its query, with the `?`; the server may be behind a path that it does not know of. Undefined: this was the last. */
export function nextQuery(headers: Headers): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(headers.get('link') ?? '') ?? [];
  const start = target?.indexOf('?') ?? -1;
  return start === -1 ? undefined : target?.slice(start);
}
