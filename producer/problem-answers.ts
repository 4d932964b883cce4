// Every error that an HTTP client sees from a route: a problem document (RFC 9457) with its status and Retry-After. What is
// not one of our own errors is logged with its stack and told as a 500 without it. app.ts installs it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../platform/log.ts';
import { type ErrorCode, errorCodes } from '../schemas/error-codes.ts';
import { PutlogError, problemOf } from '../schemas/problem.ts';

export const problemType = 'application/problem+json; charset=utf-8';

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: PutlogError): FastifyReply {
  const { status } = errorCodes[error.code];
  const retryAfter = error.retryAfter ?? (status === 503 ? 1 : undefined);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  // fastify closes the connection under a body that it refused, and the client that still sends it would see a reset
  // instead of this answer. So the rest is read and thrown away; the server's request timeout bounds that.
  // HTTP/2 knows no such field: one refused request is not the whole connection there.
  if (error.code === 'payload-too-large' || request.raw.httpVersionMajor === 2) reply.removeHeader('connection');
  request.raw.resume();
  reply.code(status).header('content-type', problemType);
  return reply.send(JSON.stringify({ ...problemOf(error), instance: pathOf(request.url) }));
}

/** What fastify itself finds wrong with a request. */
function ofFramework(code: string, request: FastifyRequest): [ErrorCode, string] | undefined {
  switch (code) {
    case 'FST_ERR_BAD_URL':
      return ['malformed-request', 'the address has a percent-encoding that is not UTF-8'];
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return ['invalid-id', 'a part of the address is far too long; an id has at most 200 characters'];
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const type = request.headers['content-type'];
      return [
        'unsupported-media-type',
        `${type === undefined ? 'a body without a content type' : `the content type "${type}"`} is not supported here; payloads of jobs are application/json`,
      ];
    }
    default:
      return undefined;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** The error as one of the table; `internal-error` is what nobody expected. */
function expected(error: unknown, request: FastifyRequest): PutlogError {
  if (error instanceof PutlogError) return error;
  const known = ofFramework(codeOf(error), request);
  if (known !== undefined) return new PutlogError(known[0], known[1], { cause: error });
  // A client that goes away in the middle of its body: nobody reads this answer, and nothing is wrong here.
  if (request.raw.readableAborted)
    return new PutlogError('malformed-request', 'the body did not arrive whole', { cause: error });
  const detail = `the cause is in the log, under request id ${request.id}`;
  return new PutlogError('internal-error', detail, { cause: error });
}

export const createErrorHandler =
  (log: Logger) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const told = expected(error, request);
    const fields = { requestId: request.id, method: request.method, path: pathOf(request.url), code: told.code };
    if (told.code === 'internal-error') log.error({ ...fields, err: error }, 'a request failed unexpectedly');
    else log.debug({ ...fields, detail: told.message, err: told.cause }, 'a request was refused');
    return sendProblem(request, reply, told);
  };
