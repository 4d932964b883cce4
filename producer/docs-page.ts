// /docs: what /openapi.json says, as a page to read and to try things on. Nothing on it comes from another origin: its policy forbids
// that. app.ts registers it. What makes the page takes 40 MiB, and most processes are never asked: it is loaded at the first visit.
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';

const pagePolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
].join('; ');

const passedOn = ['content-type', 'location'] as const;

async function openPages(): Promise<FastifyInstance> {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  const pages = fastify();
  await pages.register(reference, {
    routePrefix: '/docs',
    logLevel: 'silent',
    configuration: { url: '/openapi.json', pageTitle: 'Putlog', withDefaultFonts: false, telemetry: false },
  });
  return pages;
}

/** A plugin. */
export function docsPage(app: FastifyInstance, _: unknown, done: () => void): void {
  let opening: Promise<FastifyInstance> | undefined;
  const opened = () =>
    (opening ??= openPages().catch((error) => {
      // The next visit tries again.
      opening = undefined;
      throw error;
    }));

  const show = (path: string) => async (_request: FastifyRequest, reply: FastifyReply) => {
    const { statusCode, headers, rawPayload } = await (await opened()).inject(path);
    for (const name of passedOn) if (headers[name] !== undefined) reply.header(name, headers[name]);
    reply.header('content-security-policy', pagePolicy).header('x-content-type-options', 'nosniff');
    return reply.code(statusCode).send(rawPayload);
  };
  for (const path of ['/docs', '/docs/', '/docs/js/scalar.js']) app.get(path, show(path));
  done();
}
