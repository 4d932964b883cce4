import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { MasterKeyError, masterKeys, unwrap, wrap } from './master-keys.ts';

const text = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const { parse } = masterKeys('PUTLOG_PERSONAL_KEY', 'wraps');
const secret = randomBytes(32);

test('the first one wraps, each unwraps', () => {
  const [old, young] = [text('2025'), text('2026')];
  const before = parse(old);
  const wrapped = wrap(before, 'k', secret);
  expect(wrapped.by).toBe('2025');
  const both = parse(`${young},${old}`);
  expect(unwrap(both, 'k', wrapped).equals(secret)).toBe(true);
  expect(wrap(both, 'k', secret).by).toBe('2026');
  expect(() => unwrap(parse(young), 'k', wrapped)).toThrow(/"2025", which PUTLOG_PERSONAL_KEY lacks/);
});

test('another key under the same id, and what was wrapped for another name, are found out', () => {
  const keys = parse(text('1'));
  const wrapped = wrap(keys, 'k', secret);
  expect(() => unwrap(parse(text('1')), 'k', wrapped)).toThrow(MasterKeyError);
  expect(() => unwrap(keys, 'other', wrapped)).toThrow(/another "1"/);
});

test.each([
  ['no id', randomBytes(32).toString('base64')],
  ['too short', `1:${randomBytes(31).toString('base64')}`],
  ['too long', `1:${randomBytes(33).toString('base64')}`],
  ['not base64', `1:${'-'.repeat(43)}=`],
  ['an id twice', `${text('1')},${text('1')}`],
  ['one of two is none', `${text('1')},`],
])('%s is refused, and not shown', (_, value) => {
  expect(() => parse(value)).toThrow(/must be <id>:|names an id twice/);
  expect(() => parse(value)).not.toThrow(value);
});
