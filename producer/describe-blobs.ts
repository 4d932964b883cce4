// What the API description says of /blobs.
import type { FastifySchema } from 'fastify';
import { componentRef, documented, etag, idParam, ifNoneMatch, json, problems, text } from './api-description.ts';

const bytes = (description: string, headers: object) => ({
  description,
  // Of whatever content type it was stored with.
  content: { '*/*': { schema: {} } },
  headers,
});
const blob = (operationId: string, summary: string, schema: FastifySchema) =>
  documented({ tags: ['Blobs'], operationId, summary, params: idParam, ...schema });
const digest = { 'Repr-Digest': text('sha-256=:<base64>: (RFC 9530)') };

export const describeBlobPut = blob('put-blob', 'Store bytes', {
  description: 'Stored whole or not at all. Name its content type; it is served with it.',
  headers: {
    type: 'object',
    properties: {
      'Repr-Digest': { ...digest['Repr-Digest'], pattern: '^sha-256=:[A-Za-z0-9+/]{43}=:$' },
      'If-None-Match': text('*: refuse with 412 if there is one'),
    },
  },
  body: { content: { '*/*': { schema: {} } } },
  response: {
    200: json('Replaced', componentRef('Blob')),
    201: json('Stored', componentRef('Blob'), { Location: text('Where it is') }),
    ...problems({
      400: ['Malformed id or digest', 'invalid-id'],
      408: ['The bytes arrived too slowly', 'request-timeout'],
      412: ['It exists', 'precondition-failed'],
      413: ['Too large', 'payload-too-large'],
      415: ['Send it without content-encoding', 'unsupported-media-type'],
      422: ['Other bytes than the digest says', 'checksum-mismatch'],
      503: ['Blobs cannot be stored now', 'blob-store-unavailable'],
    }),
  },
});

export const describeBlobGet = blob('get-blob', 'Read bytes', {
  headers: { type: 'object', properties: { Range: text('One range of bytes'), ...ifNoneMatch } },
  response: {
    200: bytes('All of it', { ...etag, ...digest }),
    206: bytes('The range', { 'Content-Range': text('Which bytes of how many') }),
    304: { description: 'Unchanged', type: 'null' },
    ...problems({
      404: ['No such blob', 'unknown-blob'],
      416: ['The range lies outside', 'range-not-satisfiable'],
      503: ['Blobs cannot be read now', 'blob-store-unavailable'],
    }),
  },
});

export const describeBlobDelete = blob('delete-blob', 'Remove bytes', {
  response: {
    204: { description: 'Removed', type: 'null' },
    ...problems({ 404: ['No such blob', 'unknown-blob'], 503: ['Not now', 'blob-store-unavailable'] }),
  },
});
