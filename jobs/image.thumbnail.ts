// image.thumbnail: resizes and converts an image and stores the thumbnail as a blob, in a worker thread. A repeated
// attempt writes the same blob again. What is read is limited in bytes before it is read, in pixels before it is decoded.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import Type, { type Static } from 'typebox';
import { defineJob, type JobContext } from '../schemas/define-job.ts';
import { allowedBy } from '../schemas/public-addresses.ts';
import { assertSends } from './outbound/assert-sends.ts';
import { guardedFetch } from './outbound/guarded-fetch.ts';
import { readBody } from './outbound/read-body.ts';

const blobId = Type.String({ pattern: '^[A-Za-z0-9._~-]{1,200}$' });
const side = Type.Integer({ minimum: 1, maximum: 8_192 });
const closed = { additionalProperties: false };

const payload = Type.Object(
  {
    source: Type.Union([
      Type.Object({ blob: blobId }, closed),
      Type.Object({ url: Type.String({ pattern: '^https?://', maxLength: 8_192 }) }, closed),
    ]),
    width: Type.Optional(side),
    height: Type.Optional(side),
    fit: Type.Optional(Type.Enum(['cover', 'contain', 'inside'])),
    format: Type.Optional(Type.Enum(['jpeg', 'webp', 'avif', 'png'])),
    quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    target: Type.Optional(blobId),
    metadata: Type.Optional(Type.Boolean({ description: 'tell more about the source' })),
  },
  closed,
);

const size = { width: Type.Integer(), height: Type.Integer() };
const result = Type.Object(
  {
    blob: Type.Object({ id: blobId, size: Type.Integer(), contentType: Type.String(), sha256: Type.String() }, closed),
    ...size,
    format: Type.String(),
    source: Type.Object(
      {
        ...size,
        format: Type.String(),
        size: Type.Integer(),
        orientation: Type.Optional(Type.Integer({ description: 'of EXIF, 1 to 8' })),
        colourSpace: Type.Optional(Type.String()),
        density: Type.Optional(Type.Number({ description: 'pixels per inch' })),
        hasAlpha: Type.Optional(Type.Boolean()),
        hasExif: Type.Optional(Type.Boolean()),
        hasColourProfile: Type.Optional(Type.Boolean()),
        pages: Type.Optional(Type.Integer()),
      },
      closed,
    ),
  },
  closed,
);

const maxBytes = 52_428_800;
const maxPixels = 100_000_000;
const readable = ['jpeg', 'png', 'webp', 'gif', 'avif', 'heif', 'tiff'];

async function read(
  source: Static<typeof payload>['source'],
  { blobs, outbound, dryRun, signal }: JobContext,
): Promise<Buffer> {
  if ('url' in source) {
    assertSends({ dryRun });
    return guardedFetch(source.url, { signal }, allowedBy(outbound), async (response, body) => {
      if (!response.ok) throw new Error(`the source answered with status ${response.status}`);
      return whole(body);
    });
  }
  const found = await blobs.open(source.blob);
  if (found === undefined) throw new Error(`there is no blob ${source.blob}`);
  return whole(found.stream);
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const { bytes, truncated } = await readBody(body, maxBytes);
  if (truncated) throw new Error(`the source has more than ${maxBytes} bytes`);
  return bytes;
}

async function inspect(input: Buffer) {
  const found = await sharp(input, { limitInputPixels: maxPixels })
    .metadata()
    .catch((cause: unknown) => {
      throw new Error(`the source cannot be read as an image: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    });
  if (!readable.includes(found.format)) throw new Error(`images in the format ${found.format} are not supported`);
  const pixels = found.width * found.height;
  if (pixels > maxPixels) throw new Error(`the source has ${pixels} pixels, more than ${maxPixels}`);
  return found;
}

function more(found: Awaited<ReturnType<typeof inspect>>) {
  const { orientation, density, pages, space: colourSpace, hasAlpha, hasProfile: hasColourProfile, exif } = found;
  return {
    ...(orientation !== undefined && { orientation }),
    ...(density !== undefined && { density }),
    ...(pages !== undefined && { pages }),
    colourSpace,
    hasAlpha,
    hasColourProfile,
    hasExif: exif !== undefined,
  };
}

/** The same in every attempt. A job id may be as long as a blob id, then its digest stands for it. */
const defaultTarget = (jobId: string) =>
  jobId.length <= 190 ? `${jobId}.thumbnail` : `${createHash('sha256').update(jobId).digest('hex')}.thumbnail`;

export default defineJob({
  type: 'image.thumbnail',
  description: 'Makes a thumbnail of an image and stores it as a blob. Without width and height it is 320 pixels wide.',
  example: { source: { blob: 'photo.jpg' }, width: 320, height: 320, fit: 'cover', format: 'webp' },
  payload,
  result,
  queue: 'media',
  run: 'thread',
  async handler({ source, width, height, fit = 'inside', format = 'webp', quality, target, metadata }, context) {
    const id = target ?? defaultTarget(context.id);
    if ('blob' in source && source.blob === id) throw new Error('target is the source: the original would be lost');
    const input = await read(source, context);
    const found = await inspect(input);
    const box = width === undefined && height === undefined ? { width: 320 } : { width, height };
    const { data, info } = await sharp(input, { limitInputPixels: maxPixels })
      .autoOrient()
      .resize({ ...box, fit, withoutEnlargement: fit === 'inside' })
      .toFormat(format, quality === undefined ? {} : { quality })
      .toBuffer({ resolveWithObject: true });
    const contentType = `image/${format}`;
    const stored = await context.blobs.put(id, Readable.from([data]), { contentType, maxBytes });
    return {
      blob: { id, size: stored.info.size, contentType, sha256: stored.info.sha256 },
      width: info.width,
      height: info.height,
      format,
      source: {
        width: found.autoOrient.width,
        height: found.autoOrient.height,
        format: found.format,
        size: input.byteLength,
        ...(metadata === true && more(found)),
      },
    };
  },
});
