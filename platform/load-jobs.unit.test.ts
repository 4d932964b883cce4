import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** As a process of its own, so that it is Node that resolves the imports, as in production. */
const load = async (...folders: string[]) => {
  const loader = new URL('./load-jobs.ts', import.meta.url).href;
  const script = `
    const { loadJobs } = await import(${JSON.stringify(loader)});
    const told = await loadJobs(${JSON.stringify(folders)}).then(
      (jobs) => ({ jobs: [...jobs].map(([type, { definition, file }]) => [type, definition.queue, file]) }),
      ({ name, message, cause }) => ({ name, message, causes: cause.errors.length }),
    );
    console.log(JSON.stringify(told));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout);
};

const definition = (type: string) =>
  `defineJob({ type: '${type}', payload: Type.Object({}), result: Type.Null(), handler: () => null })`;
const imports = `import { defineJob, PutlogError, Type } from 'putlog';\n`;

let root: string;
const folder = async (name: string, files: Record<string, string>) => {
  const path = join(root, name);
  await mkdir(join(path, 'inner'), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return path;
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'putlog-jobs-'));
});
afterAll(() => rm(root, { recursive: true }));

test('a plain folder anywhere can import from putlog, in TypeScript and in JavaScript', async () => {
  const path = await folder('good', {
    'one.ts': `${imports}const name: string = 'x';\nexport default ${definition('good.one')};`,
    'two.mjs': `${imports}export default [${definition('good.two')}, ${definition('good.three')}];`,
    'four.js': `${imports}export default ${definition('good.four')};`,
    'one.test.ts': 'throw new Error("a test is not a job")',
    'types.d.ts': 'export type A = 1;',
    'notes.md': '# not a job',
    'inner/shared.ts': 'throw new Error("a subfolder is not loaded")',
  });
  const { jobs } = await load(path);
  expect(jobs.map(([type]: [string]) => type)).toEqual(['good.four', 'good.one', 'good.two', 'good.three']);
  expect(jobs[1]).toEqual(['good.one', 'default', expect.stringMatching(/^file:.*good\/one\.ts$/)]);
});

test('everything that is wrong is told at once', async () => {
  const bad = await folder('bad', {
    'a-throws.ts': 'throw new Error("cannot begin")',
    'b-syntax.ts': 'export default {{',
    'c-nothing.ts': 'export const x = 1;',
    'd-object.ts': 'export default { type: "d.object", handler() {} };',
    'e-first.ts': `${imports}export default ${definition('twice.defined')};`,
    'f-second.ts': `${imports}export default ${definition('twice.defined')};`,
    'g-name.ts': `${imports}export default ${definition('Not.Allowed')};`,
    'h-empty.ts': 'export default [];',
    'i-schema.ts': `${imports}export default ${definition('bad.schema').replace(
      'Type.Null()',
      "Type.String({ pattern: '(' })",
    )};`,
    'j-own.ts': `${imports}export default ${definition('putlog.mine')};`,
  });
  const { name, message, causes } = await load(join(root, 'missing'), bad);
  expect(name).toBe('JobsError');
  expect(causes).toBe(10);
  expect(message.split('\n')).toEqual([
    '10 job files are wrong:',
    expect.stringMatching(/missing cannot be read \(PUTLOG_JOBS names your own\): ENOENT/),
    expect.stringMatching(/a-throws\.ts: cannot begin$/),
    expect.stringMatching(/b-syntax\.ts: \S/),
    expect.stringMatching(/c-nothing\.ts: its default export must be what defineJob/),
    expect.stringMatching(/d-object\.ts: its default export must be what defineJob/),
    expect.stringMatching(/f-second\.ts: type "twice\.defined" is already defined in .*e-first\.ts$/),
    expect.stringMatching(/g-name\.ts: job type "Not\.Allowed": type must be a lower-case, dotted name/),
    expect.stringMatching(/h-empty\.ts: its default export must be what defineJob/),
    expect.stringMatching(/i-schema\.ts: the result schema of "bad\.schema" cannot be compiled: .*regular expression/),
    expect.stringMatching(/j-own\.ts: type "putlog\.mine" has a name of Putlog's own$/),
  ]);
});

test('the built-in job types and the example load together', async () => {
  const shipped = ['../jobs', '../examples/jobs'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const { jobs } = await load(...shipped);
  expect(jobs.map(([type]: [string]) => type).sort()).toEqual([
    'demo.echo',
    'demo.fail',
    'demo.sleep',
    'http.request',
    'image.thumbnail',
    'putlog.mail',
    'putlog.snapshot',
    'putlog.webhook',
    'text.statistics',
    'users.update',
    'word.count',
  ]);
});
