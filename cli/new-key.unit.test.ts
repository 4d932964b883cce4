// Options become a key, or say what they must be; what is shown of it later has neither secret nor hash.
import { describe, expect, test } from 'vitest';
import { fits, keyIdOf } from '../schemas/access-key.ts';
import { keyExpiry } from './key-expiry.ts';
import { keyLine, newKey, shownKey } from './new-key.ts';

const now = Date.UTC(2026, 0, 2);

test('a key of options', () => {
  const options = { name: 'ci', scope: 'submit, read', type: 'image.*,demo.echo', rate: '5/2m', expires: '90d' };
  const { id, text, key } = newKey(options, now);
  expect(text).toMatch(/^putlog_[0-9a-f]{12}_[\w-]{43}$/);
  expect(keyIdOf(text)).toBe(id);
  expect(fits(text, key)).toBe(true);
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(key).toEqual({
    ...{ name: 'ci', hash, scopes: ['submit', 'read'], types: ['image.*', 'demo.echo'] },
    ...{ rate: { count: 5, window: 120 }, createdAt: now, expiresAt: now + 90 * 86_400_000 },
  });
  const shown = JSON.stringify([shownKey(id, key), keyLine(id, key)]);
  expect(shown).toContain('"expiresAt":"2026-04-02T00:00:00.000Z"');
  for (const secret of [String(key.hash), text.slice(20)]) expect(shown).not.toContain(secret);
});

test('no two keys are the same, and the key of one does not fit the other', () => {
  const [one, other] = [newKey({ name: 'a', scope: 'read' }, now), newKey({ name: 'a', scope: 'read' }, now)];
  expect(one.text).not.toBe(other.text);
  expect(fits(one.text, other.key)).toBe(false);
  expect(fits(one.text, { ...one.key, hash: null })).toBe(false);
});

test.each([
  [{ scope: 'submit,admin' }, '--scope must be one or more of submit, read, operate'],
  [{ scope: '' }, '--scope'],
  [{ type: 'image.*,Nope' }, '--type must be names of job types'],
  [{ type: '*' }, '--type'],
  [{ rate: '5' }, '--rate must be requests in a time'],
  [{ rate: '0/1s' }, '--rate'],
  [{ expires: '2020-01-01' }, '--expires must be a time that comes'],
  [{ name: '' }, '--name must be'],
])('%j is refused', (options, message) => {
  expect(() => newKey({ name: 'a', scope: 'read', ...options }, now)).toThrow(message);
});

describe('when it ends', () => {
  test.each([
    ['30m', now + 1_800_000],
    ['12h', now + 43_200_000],
    ['2030-01-31', Date.UTC(2030, 0, 31)],
    ['2030-01-31T08:00:00+01:00', Date.UTC(2030, 0, 31, 7)],
  ])('%s', (text, at) => expect(keyExpiry(text, now)).toBe(at));
  test.each(['0d', 'soon', '90', '2030-01-31T08:00:00', '2030-13-01'])('%s is no time', (text) => {
    expect(() => keyExpiry(text, now)).toThrow('--expires');
  });
});
