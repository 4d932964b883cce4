import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Allows, isPublicAddress } from '../../schemas/public-addresses.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** Two addresses of this machine: the first stands for the outside, the second for the inside. */
const outside = '127.0.0.1';
const inside = '127.0.0.2';
const allows: Allows = (address) => address === outside;

let server: Server;
let port: number;
let seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://any');
    if (pathname === '/silent') return;
    if (pathname === '/cut') {
      response.writeHead(200, { 'content-length': 10 }).write('cut', () => response.destroy());
      return;
    }
    const location = searchParams.get('to');
    if (location === null) response.end('hello');
    else response.writeHead(302, { location }).end();
  });
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  seen = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (url: string, guard = allows, signal?: AbortSignal) =>
  guardedFetch(url, signal ? { signal } : {}, guard, (_, body) => text(body));

test('an allowed address answers, by itself and after a redirect', async () => {
  const url = `http://${outside}:${port}/`;
  expect(await get(url)).toBe('hello');
  expect(await get(`${url}?to=${encodeURIComponent(`${url}end`)}`)).toBe('hello');
});

test('an address that is not allowed is never connected to', async () => {
  await expect(get(`http://${inside}:${port}/`)).rejects.toThrow(/127\.0\.0\.2 is not at a public address/);
  await expect(get(`http://localhost:${port}/`, isPublicAddress)).rejects.toThrow(
    /localhost is not at a public address/,
  );
  await expect(get(`http://[::ffff:127.0.0.2]:${port}/`, isPublicAddress)).rejects.toThrow(/not at a public address/);
  await expect(get(`http://2130706434:${port}/`)).rejects.toThrow(/127\.0\.0\.2 is not at a public address/);
  expect(seen).toEqual([]);
});

test('a redirect to an address that is not allowed is not followed', async () => {
  const to = encodeURIComponent(`http://${inside}:${port}/secret`);
  await expect(get(`http://${outside}:${port}/?to=${to}`)).rejects.toThrow(/127\.0\.0\.2 is not at a public address/);
  expect(seen).toEqual([expect.stringContaining(outside)]);
});

test.each(['file:///etc/passwd', 'data:text/plain,x'])('%s is not fetched, redirected to or not', async (url) => {
  await expect(get(url)).rejects.toThrow(/is not fetched/);
  await expect(get(`http://${outside}:${port}/?to=${encodeURIComponent(url)}`)).rejects.toThrow(/did not work/);
});

test('an abort ends it, and the error does not name the query', async () => {
  const controller = new AbortController();
  const asked = get(`http://${outside}:${port}/silent?token=secret`, allows, controller.signal);
  const rejected = expect(asked).rejects.toThrow(/^GET http:\/\/127\.0\.0\.1:\d+\/silent did not work: .*abort/);
  server.once('request', () => controller.abort());
  await rejected;
});

test('a body that breaks off is an error that says where', async () => {
  await expect(get(`http://${outside}:${port}/cut`)).rejects.toThrow(/^GET .*\/cut did not work: \S/);
});

test('a server that is not there is an error that says why', async () => {
  await expect(get(`http://localhost:9/`, () => true)).rejects.toThrow(/bad port/);
  await expect(get(`http://name.invalid/`)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
});

test('a password in the URL is refused and not repeated', async () => {
  await expect(get(`http://user:secret@${outside}:${port}/`)).rejects.toThrow(/^a URL with a password is not fetched/);
});
