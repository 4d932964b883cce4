// The example of the page is the file that a test runs.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const text = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('docs/projections.md shows examples/projections/words-by-day.ts', async () => {
  const [page, file] = [await text('projections.md'), await text('../examples/projections/words-by-day.ts')];
  const shown = /```ts\n\/\/ my-projections\/words-by-day\.ts\n([\s\S]*?)```/.exec(page)?.[1];
  expect(shown).toBe(file.slice(file.indexOf('\n') + 1));
});
