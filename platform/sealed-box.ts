// AES-256-GCM, as everything of personal fields is sealed: a random nonce, the ciphertext and its tag in one buffer, bound to what it
// belongs to. data-key.ts seals values with it, and master-keys.ts the keys of those.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
/** Bytes: NIST SP 800-38D §8.2. A random nonce is good for 2^32 texts under one key (§8.3). */
const nonceBytes = 12;
const tagBytes = 16;

/** It was changed, or sealed with another key, or for another place. */
export class BrokenSealError extends Error {
  override readonly name = 'BrokenSealError';
}

/** @param key 32 bytes. @param place has to be told again to open it */
export function seal(key: Buffer, place: string, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws BrokenSealError */
export function unseal(key: Buffer, place: string, sealed: Buffer): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new BrokenSealError('it is too short');
  const nonce = sealed.subarray(0, nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new BrokenSealError('it was changed, or sealed with another key or for another place', { cause });
  }
}
