// Tokens: what they say is heeded, what is wrong with one is 401, and keys that cannot be had are 503, never 401.
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createGuardedApp } from './access.fixture.ts';
import { createTokens } from './tokens.ts';

const issuer = 'https://issuer.example';
const audience = 'putlog';
const { privateKey, publicKey } = await generateKeyPair('ES256');
const other = await generateKeyPair('ES256');
const claims = { scope: 'openid putlog:read submit' };

/** A provider that publishes `keys`, or is away while it has none. */
function provider(published: object[] | undefined) {
  const state = { published, asked: 0 };
  const fetch = async () => {
    state.asked++;
    if (state.published === undefined) throw new TypeError('fetch failed');
    return Response.json({ keys: state.published });
  };
  const tokens = createTokens({
    ...{ jwksUrl: 'https://issuer.example/jwks', issuer, audience, fetch },
    log: pino({ level: 'silent' }),
  });
  const { app, add } = createGuardedApp({ checkToken: tokens.check });
  const ask = async (token: string, url = '/limits') => {
    const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    return { status: answer.statusCode, code: answer.json().code, challenge: answer.headers['www-authenticate'] };
  };
  return { state, ask, add, app, tokens };
}

const published = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }];
const unsigned = (payload: Record<string, unknown> = claims, kid = 'one', alg = 'ES256') =>
  new SignJWT(payload).setProtectedHeader({ alg, kid }).setSubject('me').setIssuer(issuer).setAudience(audience);
const signed = (payload?: Record<string, unknown>) => unsigned(payload).setExpirationTime('1m').sign(privateKey);

test('scopes and types of a token', async () => {
  const { ask } = provider(published);
  expect(await ask(await signed())).toMatchObject({ status: 200 });
  expect(await ask(await signed({ scope: 'openid profile' }))).toMatchObject({
    status: 403,
    code: 'insufficient-scope',
  });
  expect(await ask(await signed({}))).toMatchObject({ status: 403 });
  const some = await signed({ ...claims, putlog_types: ['test.*'] });
  expect(await ask(some, '/jobs/test.echo/1')).toMatchObject({ status: 404 });
  expect(await ask(some, '/jobs/image.one/1')).toMatchObject({ status: 403, code: 'type-not-allowed' });
  expect(await ask(await signed({ ...claims, putlog_types: [] }), '/jobs/test.echo/1')).toMatchObject({ status: 403 });
});

const secret = new TextEncoder().encode('x'.repeat(32));
test.each<[string, () => Promise<string>]>([
  ['is expired', () => unsigned().setExpirationTime('-1m').sign(privateKey)],
  ['never expires', () => unsigned().sign(privateKey)],
  ['is another issuer’s', () => unsigned().setIssuer('https://evil.example').setExpirationTime('1m').sign(privateKey)],
  ['is for somebody else', () => unsigned().setAudience('other').setExpirationTime('1m').sign(privateKey)],
  ['is not valid yet', () => unsigned().setNotBefore('1m').setExpirationTime('2m').sign(privateKey)],
  ['is signed by another key', () => unsigned().setExpirationTime('1m').sign(other.privateKey)],
  ['names an unknown key', () => unsigned(claims, 'two').setExpirationTime('1m').sign(other.privateKey)],
  ['has types that nobody can read', () => signed({ ...claims, putlog_types: 'test.echo' })],
  ['is signed by a shared secret', () => unsigned(claims, 'one', 'HS256').setExpirationTime('1m').sign(secret)],
  ['is signed by nobody', async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"me"}')}.`],
  ['is none', async () => 'nonsense'],
])('a token that %s is refused', async (_, make) => {
  const { ask } = provider(published);
  const challenge = 'Bearer error="invalid_token"';
  expect(await ask(await make())).toEqual({ status: 401, code: 'unauthenticated', challenge });
});

test('the provider is away: 503, not 401; then known keys go on without it', async () => {
  const { ask, state, tokens } = provider(undefined);
  expect(await ask(await signed())).toMatchObject({ status: 503, code: 'identity-unavailable' });
  state.published = published;
  expect(await ask(await signed())).toMatchObject({ status: 200 });
  state.published = undefined;
  await tokens.refresh();
  expect(await ask(await signed())).toMatchObject({ status: 200 });
  state.published = [];
  await tokens.refresh();
  expect(await ask(await signed())).toMatchObject({ status: 401 });
});

test('without a token 401, as soon as tokens are taken; keys are taken beside them', async () => {
  const { app, add, ask, state } = provider(published);
  expect((await app.inject('/limits')).statusCode).toBe(401);
  expect(await ask(add(['read']).text)).toMatchObject({ status: 200 });
  expect(state.asked).toBe(0);
});
