import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenSealError, seal, unseal } from './sealed-box.ts';

const key = randomBytes(32);

test('what was sealed is had back, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, place) => {
      const plain = Buffer.from(bytes);
      const sealed = seal(key, place, plain);
      expect(unseal(key, place, sealed).equals(plain)).toBe(true);
      expect(seal(key, place, plain).equals(sealed)).toBe(false);
    }),
  );
});

test('another key, another place, and any bit that was changed are found out', () => {
  const sealed = seal(key, 'here', Buffer.from('Ann'));
  expect(() => unseal(randomBytes(32), 'here', sealed)).toThrow(BrokenSealError);
  expect(() => unseal(key, 'there', sealed)).toThrow(BrokenSealError);
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => unseal(key, 'here', changed)).toThrow(BrokenSealError);
  }
  for (let length = 0; length < sealed.length; length++)
    expect(() => unseal(key, 'here', sealed.subarray(0, length))).toThrow(BrokenSealError);
});
