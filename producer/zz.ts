import { createTestApp } from './app.fixture.ts';
const limits = { maxPayloadBytes: 262_144, maxBlobBytes: 1_000_000, bodyTimeoutMs: 300 };
const { app } = createTestApp({ limits });
const url = await app.listen({ port: 0, host: '127.0.0.1' });
app.server.on('connection', (s) => { const t = Date.now(); s.on('close', () => console.log('server socket closed', Date.now() - t, s.bytesRead)); });
app.server.on('request', (r) => { r.on('end', () => console.log('end')); r.on('close', () => console.log('req close', r.complete)); });
const body = Buffer.alloc(8_000_000, 32);
for (const [i, sent] of [body, new Blob([body]).stream()].entries()) {
  const a = await fetch(url + '/blobs/b', { method: 'PUT', body: sent, duplex: 'half' });
  console.log(i, a.status, (await a.json()).code, a.headers.get('connection'));
}
const t = Date.now();
setInterval(() => app.server.getConnections((_, n) => console.log('connections', n)), 2000).unref();
await app.close(); console.log('closed after', Date.now() - t);
