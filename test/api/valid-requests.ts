// A valid request for each thing that the API can be asked: what the mutations of requests begin with. A new route is a line here;
// mutated-requests.unit.test.ts fails while one is missing.

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | 'PATCH' | 'QUERY' | 'TRACE';
/** `url` as it stands in the request line. */
export type ApiRequest = { method: Method; url: string; headers: Record<string, string>; body?: string | Buffer };

const json = { 'content-type': 'application/json' };
const echo = JSON.stringify({ n: 1, text: 'hello' });
const get = (url: string, headers: Record<string, string> = {}): ApiRequest => ({ method: 'GET', url, headers });
const send = (method: Method, url: string, body: unknown, headers: Record<string, string> = {}): ApiRequest => ({
  ...{ method, url, headers: { ...json, ...headers } },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const bare = (method: Method, url: string, headers: Record<string, string> = {}): ApiRequest => ({
  method,
  url,
  headers,
});

/** Jobs of `type`, which takes what demo.echo does, are all that runs because of them; what they make they make under few names. */
export const validRequests = (type: string): ApiRequest[] => [
  send('PUT', `/jobs/${type}/m1`, echo, { priority: 'u=1', prefer: 'respond-async, wait=0', 'if-none-match': '*' }),
  send('PUT', `/jobs/${type}/m2?key=k&delay=PT1S&timeout=30`, echo, {
    ...{ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x-request-id': 'a-1' },
  }),
  send('PUT', `/jobs/${type}/m3?notBefore=2026-01-31T08:00:00Z&then=${type}/m4`, echo),
  send('PUT', `/jobs/${type}/m5?callback=https://example.com/hook&notify=mailto:me@example.com`, echo),
  get(`/jobs/${type}/m1`, { 'if-none-match': '"0.1.-1.abc"', prefer: 'wait=0' }),
  get(`/jobs/${type}/m1?at=2026-01-31T08:00:00Z`),
  get('/jobs/no.such/m1'),
  bare('DELETE', `/jobs/${type}/m1`, { 'if-match': '"0.1.-1.abc"' }),
  bare('DELETE', '/jobs/no.such/m1'),
  get(`/jobs/${type}/m1/events?limit=5`),
  send('POST', `/jobs/${type}?key=k`, echo, { 'idempotency-key': '"m1"' }),
  send(
    'POST',
    '/jobs',
    `{"type":"${type}","id":"m8","payload":${echo},"key":"k","priority":1}\n{"type":"${type}","payload":${echo}}\n`,
    {
      ...{ 'content-type': 'application/x-ndjson', 'idempotency-key': '"m2"' },
    },
  ),
  get(
    `/jobs?type=${type}&state=queued,failed&createdAfter=2026-01-01T00:00:00Z&createdBefore=2036-01-01T00:00:00Z&key=k&limit=2`,
  ),
  get('/jobs?snapshot=m1&limit=2'),
  get('/snapshots'),
  bare('DELETE', '/snapshots/m1'),
  send('PUT', '/groups/m1', {
    jobs: [{ type, id: 'm6', payload: { n: 1, text: '' } }],
    // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
    then: { type, id: 'm7' },
  }),
  get('/groups/m1'),
  get('/dead-letters?type=demo.fail&code=job-failed&after=2026-01-01T00:00:00Z&redriven=false&limit=5'),
  get(
    `/dead-letters?limit=5&cursor=${Buffer.from('[1790000000000,"putlog.commands.default.normal/0@1"]').toString('base64url')}`,
  ),
  get('/dead-letters/putlog.commands.default.normal/0/1'),
  bare('POST', '/dead-letters/redrive?type=no.such&limit=1&perSecond=10'),
  get('/queues'),
  get('/queues/default'),
  bare('POST', '/queues/default/pause'),
  bare('POST', '/queues/default/resume'),
  get('/limits'),
  get(`/limits/${type}`),
  send('PUT', `/limits/${type}`, { concurrency: 5, perSecond: 20 }),
  bare('DELETE', `/limits/${type}`),
  send('PUT', '/schedules/m1', {
    ...{ cron: '0 3 1 1 *', timeZone: 'Europe/Berlin', type, payload: { n: 1, text: '' } },
    ...{ key: 'k', overlap: 'skip', missed: 'skip', paused: true },
  }),
  get('/schedules/m1'),
  get('/schedules?limit=2&after=a'),
  bare('DELETE', '/schedules/m1'),
  send('PUT', '/blobs/m1', 'some bytes', {
    ...{ 'content-type': 'text/plain', 'if-none-match': '"x"' },
    'repr-digest': 'sha-256=:TlsDeTB14QlLHeJTpM1YcZbpPG3GhjTF60ffodrb8jE=:',
  }),
  get('/blobs/m1', { range: 'bytes=2-5', 'if-none-match': '"x"' }),
  bare('HEAD', '/blobs/m1'),
  bare('DELETE', '/blobs/m1'),
  get('/stats'),
  get(`/stats?type=${type}&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step=1h`),
  get('/livez'),
  get('/readyz'),
  get('/metrics'),
  get('/openapi.json'),
  get('/docs/'),
];
