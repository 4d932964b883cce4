// A page of another site gets nothing done by an anonymous browser on this machine; programs and our own pages do.
import { expect, test } from 'vitest';
import { createGuardedApp } from './access.fixture.ts';
import { foreignPageFault } from './foreign-page.ts';

const rules = { anyName: false, origins: ['https://pages.example'] };
const local = { method: 'POST', host: 'localhost:3000', hostname: 'localhost', origin: undefined };

test.each([
  ['a program', {}],
  ['a program, by address', { host: '127.0.0.1:3000', hostname: '127.0.0.1' }],
  ['a program, by IPv6', { host: '[::1]:3000', hostname: '[::1]' }],
  ['a program without Host', { host: '', hostname: '' }],
  ['our own page', { origin: 'http://localhost:3000' }],
  ['a page that may', { origin: 'https://pages.example' }],
  ['a page that looks, and cannot read', { method: 'GET', origin: 'https://evil.example' }],
])('%s is let in', (_, asked) => expect(foreignPageFault({ ...local, ...asked }, rules)).toBeUndefined());

test.each([
  ['a page of another site', { origin: 'https://evil.example' }],
  ['a page of another port', { origin: 'http://localhost:8080' }],
  ['a page without an origin', { origin: 'null' }],
  ['a page by a name that was pointed here', { host: 'evil.example:3000', hostname: 'evil.example' }],
  ['the same, that looks', { method: 'GET', host: 'evil.example:3000', hostname: 'evil.example' }],
])('%s is not', (_, asked) => expect(foreignPageFault({ ...local, ...asked }, rules)).toBeDefined());

test('by any name, where that was said openly', () => {
  const asked = { ...local, host: 'api:3000', hostname: 'api' };
  expect(foreignPageFault(asked, { ...rules, anyName: true })).toBeUndefined();
});

test('a form of another site pauses nothing; with a key it is the key that counts', async () => {
  const { app, add } = createGuardedApp();
  const pause = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/queues/default/pause', headers })).statusCode;
  expect(await pause({})).toBe(200);
  expect(await pause({ origin: 'https://evil.example' })).toBe(401);
  expect(await pause({ host: 'evil.example' })).toBe(401);
  const { headers } = add(['operate']);
  expect(await pause({ ...headers, host: 'putlog.example', origin: 'https://evil.example' })).toBe(200);
});
