// Answers for what never becomes a request: bad HTTP, header fields that are too large, requests that arrive too slowly.
// Node hands over the bare socket, so the answer is written by hand, as a problem document like every other.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../platform/log.ts';
import { type ErrorCode, errorCodes } from '../schemas/error-codes.ts';
import { problem } from '../schemas/problem.ts';
import type { OwnPace } from './own-pace.ts';

type ClientError = Error & { code?: string };

function problemFor(code: string | undefined): [ErrorCode, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request-timeout', 'the request did not arrive in time'];
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers-too-large', 'all header fields together are too large'];
  return ['malformed-request', 'this is not well-formed HTTP/1.1'];
}

/** Bytes already sent for the request at hand cannot be taken back, and a second answer inside it would be read as its body. */
function hasBegunToAnswer(socket: Socket): boolean {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : null;
  return typeof message === 'object' && message !== null && 'headersSent' in message && message.headersSent === true;
}

/** fastify's `clientErrorHandler`. The connection ends, unless it has taken too long and may. */
export const createClientErrorHandler =
  (log: Logger, ownPace: OwnPace) =>
  (error: ClientError, socket: Socket): void => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && ownPace.has(socket)) return;
    log.debug({ err: error }, 'a connection was refused');
    if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
      socket.destroy();
      return;
    }
    const [code, detail] = problemFor(error.code);
    const { status } = errorCodes[code];
    const body = JSON.stringify(problem(code, detail));
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n`;
    socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    socket.destroySoon();
  };
