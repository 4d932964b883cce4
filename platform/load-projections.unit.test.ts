// In a process of its own each time, so that it is Node that resolves the imports, as in production.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'putlog-projections-'));
});
afterAll(() => rm(folder, { recursive: true }));

const load = async (path: string) => {
  const loader = new URL('./load-projections.ts', import.meta.url).href;
  const script = `
    const { loadProjections } = await import(${JSON.stringify(loader)});
    const told = await loadProjections(${JSON.stringify(path)}, ['statistics']).then(
      (all) => all.map(({ name }) => name),
      ({ name, message }) => ({ name, lines: message.split('\\n') }),
    );
    console.log(JSON.stringify(told));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout);
};
const imports = `import { defineProjection, type JobEvent } from 'putlog';\n`;
const projection = (name: string) => `defineProjection({ name: '${name}', event: (event: JobEvent) => [] })`;

test('a file each, or several in one; what is wrong is told at once', { timeout: 120_000 }, async () => {
  expect(await load('')).toEqual([]);
  await writeFile(join(folder, 'a.ts'), `${imports}export default ${projection('a')};`);
  await writeFile(join(folder, 'b.ts'), `${imports}export default [${projection('b')}, ${projection('c')}];`);
  expect(await load(folder)).toEqual(['a', 'b', 'c']);

  await writeFile(join(folder, 'd.ts'), `${imports}export default ${projection('a')};`);
  await writeFile(join(folder, 'e.ts'), `${imports}export default ${projection('statistics')};`);
  await writeFile(join(folder, 'f.ts'), `${imports}export default ${projection('Not Allowed')};`);
  await writeFile(join(folder, 'g.ts'), `export default { name: 'g', event() {} };`);
  expect(await load(folder)).toEqual({
    name: 'ProjectionsError',
    lines: [
      '4 projection files are wrong:',
      expect.stringMatching(/d\.ts: projection "a" is defined twice$/),
      expect.stringMatching(/e\.ts: "statistics" is the name of a projection of Putlog's own$/),
      expect.stringMatching(/f\.ts: projection "Not Allowed": name must be lower-case/),
      expect.stringMatching(/g\.ts: its default export must be what defineProjection\(\{ … \}\) returns/),
    ],
  });
});
