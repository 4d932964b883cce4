// docs/performance.md: what a measurement has printed stands between two comments with its name, written by the measurement itself
// (`--write-docs`); the words around it are written by hand.
import { readFile, writeFile } from 'node:fs/promises';

const page = new URL('../docs/performance.md', import.meta.url);

/** Pure. @throws Error where the page has no such place */
export function withBlock(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/performance.md has no place for ${name}: ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${text.slice(to)}`;
}

export async function writeBlock(name: string, content: string): Promise<void> {
  await writeFile(page, withBlock(await readFile(page, 'utf8'), name, content));
}
