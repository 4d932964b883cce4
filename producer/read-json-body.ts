// Reads the body of a submit: at most so many bytes, within so many milliseconds, as JSON. It is a content-type parser of
// fastify, of our own because fastify's has no deadline and tells neither what is wrong nor where.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PutlogError } from '../schemas/problem.ts';
import { parseJson } from './parse-json.ts';

export type BodyLimits = { maxPayloadBytes: number; bodyTimeoutMs: number };

type Done = (error: Error | null, payload?: unknown) => void;

export function createJsonBodyReader({ maxPayloadBytes, bodyTimeoutMs }: BodyLimits) {
  const tooLarge = () =>
    new PutlogError(
      'payload-too-large',
      `a payload may have at most ${maxPayloadBytes} bytes; PUT larger data to /blobs/{id} and send a reference to it`,
    );
  const tooSlow = () => new PutlogError('request-timeout', `the body did not arrive within ${bodyTimeoutMs} ms`);

  return (request: FastifyRequest, body: IncomingMessage, done: Done): void => {
    if (Number(request.headers['content-length']) > maxPayloadBytes) {
      done(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => finish(tooSlow()), bodyTimeoutMs);

    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxPayloadBytes) finish(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => finish(null);
    const finish = (error: Error | null) => {
      clearTimeout(timer);
      body.off('data', onData).off('end', onEnd).off('error', finish);
      if (error !== null) {
        done(error);
        return;
      }
      let payload: unknown;
      try {
        const [first] = chunks;
        payload = parseJson(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size));
      } catch (refused) {
        done(refused instanceof Error ? refused : new Error('the body cannot be parsed', { cause: refused }));
        return;
      }
      done(null, payload);
    };
    body.on('data', onData).on('end', onEnd).on('error', finish);
  };
}

/** For the plugin whose routes take JSON, under `application/json` and whatever is said to be a kind of it. */
export function parseJsonBodies(app: FastifyInstance, limits: BodyLimits): void {
  const read = createJsonBodyReader(limits);
  app.addContentTypeParser('application/json', read);
  app.addContentTypeParser(/^application\/[\w.+-]+\+json\b/, read);
}
