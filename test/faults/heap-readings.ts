// What is left of a process's heap when all garbage has gone, as the process itself wrote it down. tell-heap.ts writes it from
// within, the observer of a run reads it; nothing of the system under test knows of it.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Bytes. `external`: what buffers and compiled modules hold outside of the heap, those of `arrayBuffers` among it. */
export type HeapReading = {
  /** Milliseconds since 1970. */
  at: number;
  rss: number;
  /** What of `rss` is V8's heap, in use or not: the young generation alone may be many times what lives in it. */
  heapResident: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
};

/** Names the folder, in the environment of every process of a run. */
export const heapsVariable = 'FAULTS_HEAPS';

/** How often a process writes, milliseconds; where it is not told, often enough for a line through ten minutes. */
export const heapsEveryVariable = 'FAULTS_HEAPS_EVERY_MS';

/** An option of Node with which a process tells of its heap. */
export const tellsHeap = `--import=${pathToFileURL(join(import.meta.dirname, 'tell-heap.ts')).href}`;

const fileOf = (folder: string, pid: number) => join(folder, `heap-${pid}.jsonl`);

export const writeHeapReading = (folder: string, pid: number, reading: HeapReading): void =>
  appendFileSync(fileOf(folder, pid), `${JSON.stringify(reading)}\n`);

/** The last one that is complete; undefined: there is none yet. */
export async function lastHeapReading(folder: string, pid: number): Promise<HeapReading | undefined> {
  const text = await readFile(fileOf(folder, pid), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const line = text.split('\n').at(-2);
  return line === undefined ? undefined : (JSON.parse(line) as HeapReading);
}

/** What a process holds on to, bytes: a leak of buffers is one too. */
export const heldBytes = ({ heapUsed, external }: HeapReading): number => heapUsed + external;
