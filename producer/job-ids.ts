// Ids for calls whose client names none: a new one for each, or always the same one for the same key, so that the log's own
// claims make a repeated call run once, in whichever process it arrives. Called by the POST routes.
import { hash, randomUUID } from 'node:crypto';

/** UUIDv7 (RFC 9562 §5.7): a millisecond of the epoch, then random bits. */
export function newJobId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/**
 * UUIDv8 (RFC 9562 §5.8) of the SHA-256 of all of them. `caller` is who gave the key: to another it stands for another job. None of them
 * has a line break, so no two are one text.
 */
export function jobIdOfKey(type: string, key: string, caller = ''): string {
  const hex = hash('sha256', [type, key, ...(caller === '' ? [] : [`by ${caller}`])].join('\n'), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return `${parts.join('-')}-${hex.slice(20, 32)}`;
}
