// A registry that wants a name and a password (loopback, nothing outside the process): each request has them, and no address does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry } from './registry.ts';

test('the name and the password of the address are sent with every request', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    asked.push(`${method} ${url}`);
    const known = headers.authorization === `Basic ${Buffer.from('me:p@ss/word').toString('base64')}`;
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 7, schema: '{"type":"string"}', compatibilityLevel: 'BACKWARD' }));
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://me:p%40ss%2Fword@127.0.0.1:${address.port}/api`;
  const registry = createRegistry({ url, log: pino({ level: 'silent' }) });
  expect(await registry.schemaById(3)).toEqual({ type: 'string' });
  expect(await registry.registerAvro('test', { type: 'record', name: 'Test', fields: [] })).toBe(7);
  expect([...new Set(asked)]).toEqual([
    'GET /api/schemas/ids/3',
    'GET /api/config/test',
    'POST /api/subjects/test/versions',
  ]);
});
