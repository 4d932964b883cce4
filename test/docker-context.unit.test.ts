// What .dockerignore lets into the image imports and reads nothing that it leaves out: a service would start here and not there.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
const letIn = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
const leftOut = /\.(test|fixture)\.ts$/;

const isInside = (file: string) => letIn.includes(file.split(sep)[0] ?? '') && !leftOut.test(file);

/** Files of this project that a file imports, or names by their URL, relative to its root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*'(\.[^']*[^'/])'/g);
  return [...found].map(([, path = '']) => relative(root, join(root, dirname(file), path)));
}

test('whatever is imported inside the image is inside of it', () => {
  const inside = globSync('**/*.ts', { cwd: root, exclude: ['node_modules'] }).filter(isInside);
  expect(inside).toContain(join('cli', 'run.ts'));
  const missing = inside.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !isInside(imported))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(missing).toEqual([]);
});
