// /blobs/{id}: large inputs and results, streamed in and out, never held in memory. The store counts and hashes what
// arrives; here stand the header fields: lengths, digests, ranges, conditions.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../platform/log.ts';
import type { BlobInfo, BlobStore } from '../schemas/blob.ts';
import { PutlogError } from '../schemas/problem.ts';
import { rangeOf } from './blob-range.ts';
import { checkId, refuseEncoded, type WithId } from './check-id.ts';
import { describeBlobDelete, describeBlobGet, describeBlobPut } from './describe-blobs.ts';
import { assertCondition } from './entity-tag.ts';
import { announcedSha256, reprDigest } from './repr-digest.ts';

type BlobRequest = FastifyRequest<WithId>;

const unknownBlob = (id: string) => new PutlogError('unknown-blob', `there is no blob ${id}`);

/**
 * Blobs are anybody's bytes under our origin. A list of types that browsers would run is never complete, so every blob is
 * told to be what it says it is, and may, opened as a page, neither run nor load anything; images and text still show.
 */
const harmless = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cache-control': 'no-cache',
  'accept-ranges': 'bytes',
};

const tagOf = ({ sha256 }: BlobInfo) => `"${sha256}"`;

const describing = (info: BlobInfo) => ({
  ...harmless,
  etag: tagOf(info),
  'repr-digest': reprDigest(info.sha256),
});

const bodyOf = ({ id, size, contentType, sha256, createdAt }: BlobInfo): string =>
  JSON.stringify({ id, size, contentType, sha256, createdAt: new Date(createdAt).toISOString() });

export const blobRoutes =
  ({ blobs, maxBlobBytes, log }: { blobs: BlobStore; maxBlobBytes: number; log: Logger }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    /** Without a condition the store is not asked. A blob that is not there fails If-Match. */
    async function assertOnBlob(request: BlobRequest) {
      const { headers, params } = request;
      if (headers['if-match'] === undefined && headers['if-none-match'] === undefined) return;
      const info = await blobs.head(params.id);
      assertCondition(request, info && tagOf(info), `blob ${params.id}`);
    }

    async function put(request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
      const { id } = request.params;
      const { headers, raw } = request;
      if (Number(headers['content-length']) > maxBlobBytes)
        throw new PutlogError('payload-too-large', `a blob may have at most ${maxBlobBytes} bytes`);
      const sha256 = announcedSha256(headers['repr-digest']?.toString());
      // Two such uploads at once may both pass: the store replaces, it does not compare.
      await assertOnBlob(request);
      // Left early, an ordinary iterator would destroy the request and with it the connection that takes the answer.
      const body: AsyncIterable<Uint8Array> = raw.iterator({ destroyOnReturn: false });
      const { info, created } = await blobs.put(id, body, {
        contentType: headers['content-type'] ?? 'application/octet-stream',
        maxBytes: maxBlobBytes,
        ...(sha256 !== undefined && { sha256 }),
      });
      if (created) reply.header('location', `/blobs/${id}`);
      return reply
        .code(created ? 201 : 200)
        .header('content-type', 'application/json; charset=utf-8')
        .send(bodyOf(info));
    }

    async function head(request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
      const info = await blobs.head(request.params.id);
      if (info === undefined) throw unknownBlob(request.params.id);
      reply.headers(describing(info));
      if (assertCondition(request, tagOf(info), `blob ${info.id}`) === 'unchanged') return reply.code(304).send();
      return reply.header('content-type', info.contentType).header('content-length', info.size).send();
    }

    /** The range is computed on what `head` says; `open` may find that the blob was replaced since, then all again. */
    async function get(request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
      const { id } = request.params;
      const { range: rangeHeader, 'if-range': ifRange } = request.headers;
      const found = await blobs.head(id);
      if (found === undefined) throw unknownBlob(id);
      const tag = tagOf(found);
      if (assertCondition(request, tag, `blob ${id}`) === 'unchanged')
        return reply.headers(describing(found)).code(304).send();
      const range = rangeOf(ifRange === undefined || ifRange === tag ? rangeHeader : undefined, found.size);
      if (range === 'outside') {
        reply.header('content-range', `bytes */${found.size}`);
        throw new PutlogError('range-not-satisfiable', `blob ${id} has ${found.size} bytes`);
      }

      const opened = await blobs.open(id, range);
      if (opened === undefined) throw unknownBlob(id);
      const { info, stream } = opened;
      if (info.sha256 !== found.sha256 || info.size !== found.size) {
        stream.destroy();
        return get(request, reply);
      }
      stream.once('error', (error) => log.warn({ err: error, blob: id, requestId: request.id }, 'a blob broke off'));
      reply.headers(describing(info)).header('content-type', info.contentType);
      if (range === undefined) return reply.header('content-length', info.size).send(stream);
      return reply
        .code(206)
        .header('content-range', `bytes ${range.first}-${range.last}/${info.size}`)
        .header('content-length', range.last - range.first + 1)
        .send(stream);
    }

    async function remove(request: BlobRequest, reply: FastifyReply): Promise<FastifyReply> {
      await assertOnBlob(request);
      if (!(await blobs.delete(request.params.id))) throw unknownBlob(request.params.id);
      return reply.code(204).send();
    }

    app.addContentTypeParser('*', (_request, _body, parsed) => parsed(null));
    app.put<WithId>('/blobs/:id', { config: describeBlobPut, onRequest: [checkId, refuseEncoded], handler: put });
    app.head<WithId>('/blobs/:id', { onRequest: checkId, handler: head });
    app.get<WithId>('/blobs/:id', { config: describeBlobGet, onRequest: checkId, handler: get });
    app.delete<WithId>('/blobs/:id', { config: describeBlobDelete, onRequest: checkId, handler: remove });
    done();
  };
