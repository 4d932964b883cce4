// The header field Range (RFC 9110 §14): one range of bytes. Other units, several ranges and nonsense are ignored, as the
// standard allows: the whole blob is always a right answer.
import type { ByteRange } from '../schemas/blob.ts';

/** @returns undefined: no range, answer the whole; `outside`: a range of which no byte exists (416). */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'outside' | undefined {
  const [whole, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (whole === undefined || (from === '' && to === '')) return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first < size && first <= last ? { first, last } : 'outside';
}
