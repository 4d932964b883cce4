// Conditions on entity tags (RFC 9110 §13), for every route that answers an ETag.

const tags = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Whether `If-None-Match` names `current` (a strong tag), by the weak comparison that it asks for, or is `*`. */
export function matchesTag(header: string | undefined, current: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return (header.match(tags) ?? []).some((tag) => tag === current || tag === `W/${current}`);
}

/** Whether `If-Match` names `current`, by the strong comparison that it asks for, or is `*`: what exists. */
export function matchesTagStrongly(header: string, current: string): boolean {
  return header.trim() === '*' || (header.match(tags) ?? []).some((tag) => tag === current);
}
