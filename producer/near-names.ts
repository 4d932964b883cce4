// Which known names a mistyped one may have meant, for the detail of a 404.

/** Levenshtein distance, in characters. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** At most three, nearest first: up to a third of the characters differ, or one is the beginning or end of the other. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const wanted = name.slice(0, 100).toLowerCase();
  if (wanted === '') return [];
  return [...known]
    .map((candidate) => {
      const part = candidate.startsWith(wanted) || candidate.endsWith(wanted) || wanted.startsWith(candidate);
      return { candidate, far: part ? 0 : distance(wanted, candidate) };
    })
    .filter(({ candidate, far }) => far <= Math.max(candidate.length, wanted.length) / 3)
    .sort((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
