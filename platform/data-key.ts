// The key of one subject: seals the personal fields of payloads, and makes the digest by which a repeated call is recognised. Both are
// worthless once it is dropped. Pure but for nonces. personal-data.ts works with it, subject-keys.ts keeps it.
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from './sealed-box.ts';

export type DataKey = {
  /** Random: it says nothing of whose it is. */
  readonly id: string;
  readonly fields: Buffer;
  readonly digests: Buffer;
};

export const newDataKey = (): { id: string; secret: Buffer } => ({
  id: randomBytes(16).toString('base64url'),
  secret: randomBytes(32),
});

const derived = (secret: Buffer, use: string) => Buffer.from(hkdfSync('sha256', secret, '', `putlog ${use}`, 32));

/** @param secret 32 bytes. One key for each use (RFC 5869) */
export const dataKeyOf = (id: string, secret: Buffer): DataKey => ({
  id,
  fields: derived(secret, 'fields'),
  digests: derived(secret, 'digests'),
});

/** `putlog.sealed.1:<id of its key>:<base64url>`: a JSON string in place of whatever JSON value a personal field had. */
const prefix = 'putlog.sealed.1:';
const pattern = /^putlog\.sealed\.1:([\w-]{22}):([\w-]+)$/;

export type SealedField = { key: string; bytes: Buffer };

/** Undefined: it is no sealed field, but what a payload had before its schema marked it. */
export function sealedFieldIn(value: unknown): SealedField | undefined {
  if (typeof value !== 'string' || !value.startsWith(prefix)) return undefined;
  const [, key, text] = pattern.exec(value) ?? [];
  return key === undefined || text === undefined ? undefined : { key, bytes: Buffer.from(text, 'base64url') };
}

/** @param place what the field belongs to */
export const sealField = ({ id, fields }: DataKey, place: string, value: unknown): string =>
  `${prefix}${id}:${seal(fields, place, Buffer.from(JSON.stringify(value))).toString('base64url')}`;

/** @throws BrokenSealError */
export const openField = ({ fields }: DataKey, place: string, { bytes }: SealedField): unknown =>
  JSON.parse(unseal(fields, place, bytes).toString());

/** In lower-case hex, as the SHA-256 that other payloads have. */
export const keyedDigest = ({ digests }: DataKey, text: string): string =>
  createHmac('sha256', digests).update(text).digest('hex');
