// /docs: what /openapi.json says, as a page to read and to try things on (web/). Where that needs a key, the page asks for it. Nothing on
// it comes from another origin, and no script stands in it: its policy forbids both. app.ts registers it. What makes the reference takes
// 40 MiB, and most processes are never asked: it is loaded at the first visit.
import { readFile } from 'node:fs/promises';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';

const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

async function readReference(): Promise<Buffer> {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  const pages = fastify();
  await pages.register(reference, {
    routePrefix: '/docs',
    logLevel: 'silent',
    configuration: { url: '/openapi.json' },
  });
  const { rawPayload } = await pages.inject('/docs/js/scalar.js');
  await pages.close();
  return rawPayload;
}

const page = new URL('../web/docs.html', import.meta.url);
const pageScript = new URL('../web/docs.js', import.meta.url);

/** A promise that failed is made anew by the next who asks. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error) => {
      made = undefined;
      throw error;
    }));
}

const script = 'text/javascript; charset=utf-8';
const files = [
  ['/docs/', 'text/html; charset=utf-8', () => readFile(page)],
  ['/docs/js/docs.js', script, () => readFile(pageScript)],
  ['/docs/js/scalar.js', script, readReference],
] as const;

/** A plugin. */
export function docsPage(app: FastifyInstance, _: unknown, done: () => void): void {
  app.addHook('onRequest', (_request, reply, next) => {
    reply.header('content-security-policy', pagePolicy).header('x-content-type-options', 'nosniff');
    next();
  });
  app.get('/docs', (_request, reply) => reply.redirect('/docs/', 301));
  for (const [path, type, read] of files) {
    const bytes = once<Buffer>(read);
    app.get(path, async (_request: FastifyRequest, reply: FastifyReply) =>
      reply.header('content-type', type).send(await bytes()),
    );
  }
  done();
}
