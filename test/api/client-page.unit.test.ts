// What docs/client.md shows is what examples/client.ts does, word for word: that file is type-checked, and run by the end-to-end tests.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('each example of the page stands in the program', async () => {
  const [page, program] = await Promise.all([read('docs/client.md'), read('examples/client.ts')]);
  const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) expect(program).toContain(example);
});
