// API keys: `putlog_<keyId>_<secret>`. A key is a setting (`key/<keyId>`), of which only the hash of the whole is kept: `putlog keys`
// writes it, every api process follows it. The secret has 256 random bits, which nobody can guess however fast the hash is.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { type Access, isTypePattern, scopes } from './access.ts';
import { createValueCheck } from './value-check.ts';

const time = Type.Integer({ minimum: 0, description: 'Milliseconds since the epoch' });

const accessKeySchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  /** SHA-256 of the key as its holder sends it, in hex; of a key that was revoked nothing is kept. */
  hash: Type.Union([Type.String({ pattern: '^[0-9a-f]{64}$' }), Type.Null()]),
  scopes: Type.Array(Type.Enum([...scopes]), { minItems: 1 }),
  /** None: all types. */
  types: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 100 })),
  rate: Type.Optional(Type.Object({ count: Type.Integer({ minimum: 1 }), window: Type.Integer({ minimum: 1 }) })),
  createdAt: time,
  expiresAt: Type.Optional(time),
  revokedAt: Type.Optional(time),
});

export type AccessKey = Static<typeof accessKeySchema>;

const faults = createValueCheck(accessKeySchema);

export const isAccessKey = (value: unknown): value is AccessKey =>
  faults(value).length === 0 && ((value as AccessKey).types ?? []).every(isTypePattern);

export const accessOf = ({ scopes, types }: AccessKey): Access => ({ scopes, types });

const written = /^putlog_([0-9a-f]{12})_[\w-]{43}$/;

/** Whether somebody means a key at all, and not a token of another kind. */
export const looksLikeKey = (text: string): boolean => text.startsWith('putlog_');

/** The id in a key; undefined: it is none. */
export const keyIdOf = (text: string): string | undefined => written.exec(text)?.[1];

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** `text` is shown once and kept by nobody here. */
export function makeKey(): { id: string; text: string; hash: string } {
  const id = randomBytes(6).toString('hex');
  const text = `putlog_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: digestOf(text).toString('hex') };
}

/** Takes as long for a key that is wrong in its first character as for one that is wrong in its last. */
export function fits(text: string, { hash }: AccessKey): boolean {
  return hash !== null && timingSafeEqual(digestOf(text), Buffer.from(hash, 'hex'));
}
