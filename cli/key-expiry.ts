// When a key ends, as `putlog keys add --expires` is told: after so long, or at a time.

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const written = /^([1-9]\d{0,4})([mhd])$/;
const rfc3339 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since the epoch. @throws Error that says what it must be */
export function keyExpiry(text: string, now: number): number {
  const [, count, unit] = written.exec(text) ?? [];
  const isSpan = unit === 'm' || unit === 'h' || unit === 'd';
  const at = isSpan ? now + Number(count) * units[unit] : rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (!(at > now))
    throw new Error('--expires must be a time that comes, such as 90d, 12h, 2030-01-31 or 2030-01-31T08:00:00Z');
  return at;
}
