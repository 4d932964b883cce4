// How many requests in how long: `100/60s`, as settings and keys have it.

/** `window` in seconds. */
export type Rate = { readonly count: number; readonly window: number };

const written = /^([1-9]\d{0,6})\/([1-9]\d{0,4})(s|m|h)$/;
const seconds = { s: 1, m: 60, h: 3_600 } as const;

export const rateRule = 'requests in a time, such as 100/60s, 1000/5m or 20000/1h';

/** Undefined: it is none. */
export function readRate(text: string): Rate | undefined {
  const [, count, span, unit] = written.exec(text) ?? [];
  if (unit !== 's' && unit !== 'm' && unit !== 'h') return undefined;
  return { count: Number(count), window: Number(span) * seconds[unit] };
}

export const rateText = ({ count, window }: Rate): string => `${count}/${window}s`;
