// http.request: calls an outside API and keeps its answer as the job's result. The call carries an Idempotency-Key that
// is the same in every attempt, so that an API which heeds it acts once.
import Type, { type Static } from 'typebox';
import { defineJob, type JobContext } from '../schemas/define-job.ts';
import { allowedBy } from '../schemas/public-addresses.ts';
import { assertSends } from './outbound/assert-sends.ts';
import { guardedFetch } from './outbound/guarded-fetch.ts';
import { readBody } from './outbound/read-body.ts';

const payload = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', maxLength: 8_192 }),
    method: Type.Optional(Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    body: Type.Optional(Type.Unknown({ description: 'text is sent as it is, everything else as JSON' })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
    maxBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 131_072, description: 'the rest of the body is cut' })),
    expectStatus: Type.Optional(
      Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { description: 'any other status fails the job' }),
    ),
  },
  { additionalProperties: false },
);

const result = Type.Object(
  {
    status: Type.Integer(),
    headers: Type.Record(Type.String(), Type.String()),
    body: Type.Unknown({ description: 'parsed where it is JSON, else text, else base64' }),
    encoding: Type.Enum(['json', 'text', 'base64']),
    truncated: Type.Boolean(),
  },
  { additionalProperties: false },
);

/** The connection's own business; and a Host that differs from the URL would reach past the address check's intent. */
const forbidden = /^(host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*)$/i;

function headersOf({ headers = {}, body }: Static<typeof payload>, { idempotencyKey }: JobContext) {
  const wrong = Object.keys(headers).filter((name) => forbidden.test(name));
  if (wrong.length > 0) throw new Error(`these headers cannot be set: ${wrong.join(', ')}`);
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const contentType = typeof body === 'string' ? 'text/plain;charset=UTF-8' : 'application/json';
  const usual = { 'user-agent': 'putlog', 'idempotency-key': idempotencyKey };
  return { ...usual, ...(body !== undefined && { 'content-type': contentType }), ...Object.fromEntries(own) };
}

function decoded(
  bytes: Buffer,
  contentType: string,
  truncated: boolean,
): Pick<Static<typeof result>, 'body' | 'encoding'> {
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(contentType);
  try {
    // A cut may fall inside a character: then the last one is left out.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: truncated });
    if (!isJson || truncated) return { body: text, encoding: 'text' };
    return jsonOr(text);
  } catch (error) {
    if (error instanceof TypeError) return { body: bytes.toString('base64'), encoding: 'base64' };
    throw error;
  }
}

function jsonOr(text: string): Pick<Static<typeof result>, 'body' | 'encoding'> {
  try {
    return { body: JSON.parse(text), encoding: 'json' };
  } catch (error) {
    if (error instanceof SyntaxError) return { body: text, encoding: 'text' };
    throw error;
  }
}

export default defineJob({
  type: 'http.request',
  description: 'Calls an HTTP API and returns its answer. Redirects are followed.',
  example: { url: 'https://api.example.com/orders', method: 'POST', body: { item: 'book' }, expectStatus: [200, 201] },
  payload,
  result,
  timeout: 65_000,
  async handler(call, context) {
    assertSends(context);
    const { url, method = 'GET', body, timeoutMs = 10_000, maxBytes = 65_536, expectStatus } = call;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
    const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const init = { method, headers: headersOf(call, context), body: sent, signal };
    return guardedFetch(url, init, allowedBy(context.outbound), async (response, answer) => {
      const { status } = response;
      if (expectStatus !== undefined && !expectStatus.includes(status))
        throw new Error(`the answer has status ${status}, not ${expectStatus.join(' or ')}`);
      const { bytes, truncated } = await readBody(answer, maxBytes);
      const contentType = response.headers.get('content-type') ?? '';
      const headers = Object.fromEntries(response.headers);
      return { status, headers, truncated, ...decoded(bytes, contentType, truncated) };
    });
  },
});
