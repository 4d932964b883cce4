// Every route under every set of scopes: built from the table itself, and from the routes that the app has.
import type { RouteOptions } from 'fastify';
import { expect, test } from 'vitest';
import { type Scope, scopes } from '../schemas/access.ts';
import { createGuardedApp } from './access.fixture.ts';
import { accessRuleOf, accessTable } from './access-table.ts';

/** All sets of scopes but the empty one, which no key has. */
const sets = Array.from({ length: 2 ** scopes.length - 1 }, (_, i) =>
  scopes.filter((_scope, at) => (i + 1) & (1 << at)),
);

const { app, add, set } = createGuardedApp();
const routes: { method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'; url: string }[] = [];
const known = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const;

app.addHook('onRoute', ({ method, url }: RouteOptions) => {
  for (const one of known) if ([method].flat().includes(one)) routes.push({ method: one, url });
});
await app.ready();

// A stream that is let in has no end; with a query like that it is refused behind the door.
const addressOf = (url: string) =>
  url === '/events' ? '/events?kind=none' : url.replace(':type', 'test.echo').replaceAll(/:\w+/g, '1');
const all = new Map(sets.map((some) => [some.join(), add(some)]));

test('there are routes, and keys of every set of scopes', () => {
  expect(routes.length).toBeGreaterThan(40);
  expect(all.size).toBe(7);
});

test.each(routes)('$method $url', async ({ method, url }) => {
  const need = accessRuleOf(method, url)?.scope;
  expect(need).toBeDefined();
  const ask = (headers: Record<string, string>) => app.inject({ method, url: addressOf(url), headers });
  const without = await ask({});
  const wrong = await ask({ authorization: `Bearer ${add(['read']).text.slice(0, -1)}?` });
  if (need === 'open') {
    for (const { statusCode } of [without, wrong]) expect([401, 403]).not.toContain(statusCode);
    return;
  }
  expect([without.statusCode, without.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  expect([wrong.statusCode, wrong.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  for (const [names, { headers }] of all) {
    const { statusCode, headers: answered } = await ask(headers);
    if (names.split(',').some((name) => name === need)) expect([401, 403], names).not.toContain(statusCode);
    else
      expect([statusCode, answered['www-authenticate']], names).toEqual([
        403,
        `Bearer error="insufficient_scope", scope="putlog:${need}"`,
      ]);
  }
});

test('every route of the table has one of the scopes, and is found by itself', () => {
  const needs = new Set<Scope | 'open'>([...scopes, 'open']);
  for (const [route, { scope }] of Object.entries(accessTable)) {
    const [method = '', url = ''] = route.split(' ');
    expect(needs, route).toContain(scope);
    expect(accessRuleOf(method, url)?.scope, route).toBe(scope);
  }
});

test('what changes something is never open, nor does it need read alone', () => {
  for (const [route, { scope }] of Object.entries(accessTable))
    if (!route.startsWith('GET ')) expect(['submit', 'operate'], route).toContain(scope);
});

test.each([
  ['PUT', '/jobs/image.thumbnail/:id', 'image.thumbnail'],
  ['GET', '/jobs/:type/:id', ':type'],
  ['PUT', '/limits/:type', ':type'],
  ['PUT', '/blobs/:id', undefined],
])('%s %s names its type by %s', (method, url, type) => {
  expect(accessRuleOf(method, url)?.type).toBe(type);
});

test('a route that nobody decided about cannot be registered', async () => {
  expect(accessRuleOf('POST', '/docs')).toBeUndefined();
  expect(accessRuleOf('GET', '/jobs//1')).toBeUndefined();
  set('key/none', undefined);
});

test('who may only submit or read operates nothing', () => {
  const operate = Object.entries(accessTable).flatMap(([route, { scope }]) => (scope === 'operate' ? [route] : []));
  expect(operate.toSorted()).toEqual([
    'DELETE /limits/:type',
    'DELETE /schedules/:id',
    'POST /dead-letters/redrive',
    'POST /queues/:queue/pause',
    'POST /queues/:queue/resume',
    'PUT /limits/:type',
    'PUT /schedules/:id',
  ]);
});
