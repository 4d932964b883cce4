// JSON answers of more than a KiB go as brotli or gzip to clients that say so (RFC 9110 §12.5.3). Never streams: not blobs, whose bytes
// are what their digest says, and not events, which must not wait in a compressor. Installed by app.ts.
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';

const least = 1_024;
const isJson = /^application\/(?:[\w.-]+\+)?json\b/;

const compressors = {
  /** Its default quality, 11, is for files that are compressed once. */
  br: (text: string) => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text: string) => promisify(gzip)(text),
};

/** The first of ours that the client likes best; undefined: it wants the bytes as they are. */
export function encodingFor(accepted: string): keyof typeof compressors | undefined {
  const weights = new Map(
    accepted.split(',').map((one) => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [name === 'x-gzip' ? 'gzip' : name, weight === undefined ? 1 : Number(weight.slice(2)) || 0];
    }),
  );
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const [best] = (['br', 'gzip'] as const).toSorted((a, b) => weightOf(b) - weightOf(a));
  return best !== undefined && weightOf(best) > 0 && weightOf(best) >= (weights.get('identity') ?? 0)
    ? best
    : undefined;
}

function vary(reply: FastifyReply): void {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? 'Accept-Encoding' : `${before}, Accept-Encoding`);
}

/** Call it on the instance whose answers it is for. */
export function compressAnswers(app: FastifyInstance): void {
  // With a callback, because nearly all answers are small and pass at once.
  app.addHook('onSend', (request, reply, payload: unknown, done) => {
    if (typeof payload !== 'string' || payload.length < least || request.method === 'HEAD') return done(null, payload);
    if (!isJson.test(String(reply.getHeader('content-type'))) || reply.hasHeader('content-encoding'))
      return done(null, payload);
    vary(reply);
    const accepted = request.headers['accept-encoding'];
    const encoding = accepted === undefined ? undefined : encodingFor(String(accepted));
    if (encoding === undefined) return done(null, payload);
    compressors[encoding](payload).then((bytes) => {
      reply.header('content-encoding', encoding).removeHeader('content-length');
      done(null, bytes);
    }, done);
  });
}
