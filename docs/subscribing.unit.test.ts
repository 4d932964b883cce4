// What docs/subscribing.md shows in TypeScript is what examples/subscribe.ts does, word for word: that file is type-checked, and the
// end-to-end tests run it, as they run the page's Python and its commands.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

test('each example of the page stands in the program', async () => {
  const [page, program] = await Promise.all([read('docs/subscribing.md'), read('examples/subscribe.ts')]);
  const examples = [...page.matchAll(/```ts\n(.*?)```/gs)].flatMap(([, code = '']) => code.split('\n\n'));
  expect(examples.length).toBeGreaterThan(4);
  const plain = program.replace("import { MongoClient } from 'mongodb';\n", '');
  for (const example of examples) expect(plain).toContain(example.trim());
});
