// The keys of the environment that the keys of subjects are wrapped with: the first one wraps, each unwraps, so that they can be rotated.
// Pure but for nonces. config.ts reads them, subject-keys.ts uses them.
import { seal, unseal } from './sealed-box.ts';
import type { Setting } from './setting-kinds.ts';

export type MasterKey = { readonly id: string; readonly secret: Buffer };
/** The first one wraps. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

/** `by` is the id of the master key. */
export type Wrapped = { by: string; wrapped: Buffer };

/** What was wrapped cannot be unwrapped with what PUTLOG_PERSONAL_KEY holds. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const one = /^([A-Za-z0-9._-]{1,40}):([A-Za-z0-9+/]{43}=)$/;
const rule =
  '<id>:<32 bytes in base64>, such as 2026:$(openssl rand -base64 32); more than one while they rotate, separated by commas';

export const masterKeys = (env: string, about: string): Setting<MasterKeys> => ({
  ...{ env, about, fallback: undefined },
  parse(text) {
    const keys = text.split(',').map((part): MasterKey => {
      const [, id, secret] = one.exec(part) ?? [];
      if (id === undefined || secret === undefined) throw new Error(`must be ${rule}`);
      return { id, secret: Buffer.from(secret, 'base64') };
    });
    const [first, ...rest] = keys;
    if (first === undefined || new Set(keys.map(({ id }) => id)).size < keys.length)
      throw new Error('names an id twice; each key has an id of its own');
    return [first, ...rest];
  },
});

/** @param name of what is wrapped; has to be told again to unwrap it */
export const wrap = ([{ id, secret }]: MasterKeys, name: string, what: Buffer): Wrapped => ({
  by: id,
  wrapped: seal(secret, name, what),
});

/** @throws MasterKeyError */
export function unwrap(keys: MasterKeys, name: string, { by, wrapped }: Wrapped): Buffer {
  const key = keys.find(({ id }) => id === by);
  if (key === undefined)
    throw new MasterKeyError(`keys of personal fields were wrapped with "${by}", which PUTLOG_PERSONAL_KEY lacks`);
  try {
    return unseal(key.secret, name, wrapped);
  } catch (cause) {
    const detail = `keys of personal fields were wrapped with another "${by}" than the one in PUTLOG_PERSONAL_KEY, or changed`;
    throw new MasterKeyError(detail, { cause });
  }
}
