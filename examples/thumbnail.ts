// Uploads a photo, asks for its thumbnail, follows the job, and writes the thumbnail to examples/out/thumbnail.webp:
// `node examples/thumbnail.ts [url of the API] [photo]`. Plain fetch: this is all that a client of Putlog needs.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [api = 'http://127.0.0.1:3000', photo = fileURLToPath(new URL('./photo.jpg', import.meta.url))] =
  process.argv.slice(2);
const output = new URL('./out/thumbnail.webp', import.meta.url);
const deadlineMs = 30_000;

type Job = {
  state: string;
  result?: { blob: { id: string }; width: number; height: number };
  error?: { detail: string };
};

/** @throws Error with the detail of the problem document, where there is one. */
async function request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(new URL(path, api), { ...init, method });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** GETs the job until it has ended, as often as the server's Retry-After says. */
async function finished(path: string): Promise<Job> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    const response = await request('GET', path);
    const job = (await response.json()) as Job;
    if (['succeeded', 'failed', 'cancelled'].includes(job.state)) return job;
    await wait(Number(response.headers.get('retry-after') ?? 0) * 1_000 || 100);
  }
  throw new Error(`${path} has not ended after ${deadlineMs} ms`);
}

async function main() {
  const id = `photo-${randomUUID()}`;
  const bytes = await readFile(photo);
  const mediaTypes: Record<string, string> = { '.png': 'image/png', '.webp': 'image/webp', '.avif': 'image/avif' };
  const contentType = mediaTypes[extname(photo).toLowerCase()] ?? 'image/jpeg';
  await request('PUT', `/blobs/${id}`, { body: bytes, headers: { 'content-type': contentType } });
  console.log(`uploaded ${photo} as blob ${id}, ${bytes.byteLength} bytes`);

  const path = `/jobs/image.thumbnail/${id}`;
  const payload = { source: { blob: id }, width: 320, format: 'webp', metadata: true };
  const accepted = await request('PUT', path, {
    body: JSON.stringify(payload),
    headers: { 'content-type': 'application/json' },
  });
  console.log(`PUT ${path}: ${accepted.status}`);

  const { state, result, error } = await finished(path);
  console.log(`the job has ${state}`, result ?? error);
  if (result === undefined) throw new Error(error?.detail ?? `the job has ${state}`);

  const thumbnail = await request('GET', `/blobs/${result.blob.id}`);
  await mkdir(new URL('.', output), { recursive: true });
  await writeFile(output, await thumbnail.bytes());
  console.log(`wrote ${fileURLToPath(output)}, ${result.width}x${result.height}`);
}

try {
  await main();
} catch (error) {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  console.error(cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message);
  process.exitCode = 1;
}
