import { open, stat } from 'node:fs/promises';

/** The end of a log file, for messages about a process that died. Never throws: a message must not need a log. */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

/** The last `count` lines that are not blank, of what was written after `from` (at most the last 16 KiB are read). */
export async function lastLines(file: string, count: number, from = 0): Promise<string[]> {
  const size = await sizeOf(file);
  const start = Math.max(from, size - 16_384);
  if (size <= start) return [];
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    await handle.close();
  }
}
