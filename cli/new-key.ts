// A key as `putlog keys` makes it of its options, and shows it: never with its hash.
import { isScope, isTypePattern, type Scope, scopes } from '../schemas/access.ts';
import { type AccessKey, isAccessKey, makeKey } from '../schemas/access-key.ts';
import { rateRule, rateText, readRate } from '../schemas/rate.ts';
import { keyExpiry } from './key-expiry.ts';

export type AddKeyOptions = { name: string; scope: string; type?: string; rate?: string; expires?: string };

/** A key without its hash; times are RFC 3339. */
type ShownKey = Omit<AccessKey, 'hash' | 'rate' | 'createdAt' | 'expiresAt' | 'revokedAt'> & {
  id: string;
  rate?: string;
  createdAt: string;
  expiresAt?: string;
  revokedAt?: string;
};

const listOf = (text: string) => text.split(',').map((part) => part.trim());
const iso = (at: number) => new Date(at).toISOString();

function scopesOf(text: string): Scope[] {
  const found = [...new Set(listOf(text))];
  if (found.every(isScope)) return found;
  throw new Error(`--scope must be one or more of ${scopes.join(', ')}, separated by commas`);
}

function typesOf(text: string): string[] {
  const found = [...new Set(listOf(text))];
  if (found.every(isTypePattern)) return found;
  throw new Error('--type must be names of job types, or image.* for all that begin so, separated by commas');
}

/** @param now milliseconds since the epoch. @throws Error that says which option is wrong */
export function newKey(options: AddKeyOptions, now: number): { id: string; text: string; key: AccessKey } {
  const { id, text, hash } = makeKey();
  const rate = options.rate === undefined ? undefined : readRate(options.rate);
  if (options.rate !== undefined && rate === undefined) throw new Error(`--rate must be ${rateRule}`);
  const key: AccessKey = {
    ...{ name: options.name, hash, scopes: scopesOf(options.scope), createdAt: now },
    ...(options.type !== undefined && { types: typesOf(options.type) }),
    ...(rate !== undefined && { rate }),
    ...(options.expires !== undefined && { expiresAt: keyExpiry(options.expires, now) }),
  };
  if (!isAccessKey(key)) throw new Error('--name must be 1 to 200 characters');
  return { id, text, key };
}

export function shownKey(id: string, { hash: _, rate, createdAt, expiresAt, revokedAt, ...key }: AccessKey): ShownKey {
  return {
    ...{ id, ...key, createdAt: iso(createdAt) },
    ...(rate !== undefined && { rate: rateText(rate) }),
    ...(expiresAt !== undefined && { expiresAt: iso(expiresAt) }),
    ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
  };
}

/** As a line for people. */
export function keyLine(id: string, key: AccessKey): string {
  const { name, scopes, types, rate, createdAt, expiresAt, revokedAt } = shownKey(id, key);
  return [
    ...[id, name, scopes.join(','), types?.join(',') ?? 'all types', rate ?? '', `made ${createdAt}`],
    ...[expiresAt === undefined ? '' : `expires ${expiresAt}`, revokedAt === undefined ? '' : `revoked ${revokedAt}`],
  ]
    .filter((word) => word !== '')
    .join('  ');
}
