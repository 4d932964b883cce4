// Spans of time at a terminal: as they are typed (10s, 1m30s, 500ms), and as they are shown (12 ms, 3.4 s, 5 min).
import { InvalidArgumentError } from 'commander';

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const part = /(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)/g;
const written = /^(?:\d{1,12}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/;
const bare = /^\d{1,12}(?:\.\d{1,3})?$/;

const isUnit = (text: string): text is keyof typeof units => text in units;

/** Milliseconds, of units and numbers; a number alone is seconds. Undefined: it is no span. */
export function spanOf(typed: string): number | undefined {
  if (bare.test(typed)) return Math.round(Number(typed) * 1_000);
  if (!written.test(typed)) return undefined;
  let ms = 0;
  for (const [, number, unit = ''] of typed.matchAll(part)) if (isUnit(unit)) ms += Number(number) * units[unit];
  return Math.round(ms);
}

/** For an option of commander. @throws InvalidArgumentError */
export function spanOption(typed: string): number {
  const ms = spanOf(typed);
  if (ms === undefined) throw new InvalidArgumentError('Give a span of time, such as 10s, 1m30s or 500ms.');
  return ms;
}

/** RFC 3339; a span is so long ago. Whatever else is passed on, for the API to say what is wrong with it. */
export function momentText(typed: string, now: number): string {
  const ago = bare.test(typed) ? undefined : spanOf(typed);
  return ago === undefined ? typed : new Date(now - ago).toISOString();
}

/** Two digits that count, or more. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 2 * units.h) return `${Math.floor(ms / units.m)} min`;
  return ms < 2 * units.d ? `${Math.floor(ms / units.h)} h` : `${Math.floor(ms / units.d)} d`;
}
