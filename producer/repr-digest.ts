// The header field Repr-Digest (RFC 9530), with which a client says what its bytes must hash to, and we what they hash to.
import { PutlogError } from '../schemas/problem.ts';

/** A dictionary of byte sequences (RFC 8941 §3.2, §3.3.5); base64 has no comma, and parameters mean nothing here. */
const member = /^\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*(?:;.*)?$/;

const malformed = (why: string) =>
  new PutlogError('malformed-request', `Repr-Digest ${why}; it must read sha-256=:<base64 of 32 bytes>:`);

/**
 * @returns the SHA-256 in lower-case hex; undefined where only other algorithms are given, which a reader may ignore.
 * @throws PutlogError malformed-request
 */
export function announcedSha256(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  let found: string | undefined;
  for (const text of header.split(',')) {
    const [, algorithm, base64 = ''] = member.exec(text) ?? [];
    if (algorithm === undefined) throw malformed('is malformed');
    if (algorithm !== 'sha-256') continue;
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== 32) throw malformed(`has ${bytes.length} bytes for sha-256`);
    found = bytes.toString('hex');
  }
  return found;
}

/** @param sha256 hex. */
export const reprDigest = (sha256: string): string => `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
