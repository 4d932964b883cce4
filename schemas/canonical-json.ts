// One text for one JSON value, with members in a fixed order, so that equal payloads have equal digests however they
// were written. Whoever makes a command calls it.
import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';
import { PutlogError } from './problem.ts';

const stringify = configure({ deterministic: true, bigint: false, strict: false });

/** @throws PutlogError malformed-request: nested too deeply to be written again */
export function canonicalJson(value: unknown): string {
  try {
    return stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PutlogError('malformed-request', 'The payload is nested too deeply.', { cause: error });
  }
}

/** SHA-256 in lower-case hex. */
export const digestOf = (text: string): string => hash('sha256', text, 'hex');
