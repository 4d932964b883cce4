// What other programs install: the package is built, packed and unpacked into a project of its own, in which a program is type-checked with
// everything strict, and run against a real API. It loads nothing of the services.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useSystem } from './system.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const system = useSystem();
let project: string;

const job = `import { defineJob, Type } from 'putlog';
export default defineJob({
  type: 'demo.echo',
  payload: Type.Object({ n: Type.Integer(), text: Type.String() }),
  result: Type.Object({ n: Type.Integer(), length: Type.Integer() }),
  handler: async ({ n, text }, { progress }) => {
    progress({ current: n });
    return { n, length: text.length };
  },
});
`;
const program = `import { registerHooks } from 'node:module';
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
const { createClient, resultOf } = await import('putlog/client');
import type echo from './echo.ts';
const putlog = createClient<{ 'demo.echo': typeof echo }>({ url: process.argv[2] ?? '' });
const job = await putlog.put('demo.echo', 'packed', { n: 1, text: 'hello' });
const result: { n: number; length: number } = resultOf(await putlog.wait(job, { timeout: 60_000 }));
// @ts-expect-error text is no number
const wrong = () => putlog.put('demo.echo', 'packed', { n: 1, text: 2 });
console.log(JSON.stringify({ result, loaded, wrong: typeof wrong }));
`;
const subscriber = `import { subscribe } from 'putlog/subscribe';
import type echo from './echo.ts';
const [brokers = '', registry = '', prefix = ''] = process.argv.slice(2);
const options = { brokers, registry, prefix, group: 'packed', types: ['demo.echo' as const] };
const subscription = subscribe<{ 'demo.echo': typeof echo }>(options, async (event) => {
  if (event.kind !== 'succeeded') return;
  const length: number = event.result.length;
  console.log(JSON.stringify({ job: event.job, length }));
  void subscription.stop();
});
// @ts-expect-error of no such type is anything known
const wrong = () => subscribe<{ 'demo.echo': typeof echo }>({ ...options, types: ['demo.echos'] }, () => typeof wrong);
await subscription.closed;
`;
const compilerOptions = {
  ...{ target: 'es2024', lib: ['esnext', 'dom'], module: 'nodenext', noEmit: true, strict: true, types: ['node'] },
  ...{ allowImportingTsExtensions: true, exactOptionalPropertyTypes: true, erasableSyntaxOnly: true },
};

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'putlog-package-'));
  await run('npm', ['run', '--silent', 'build:client'], { cwd: root });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', project, join(root, 'dist')]);
  const modules = join(project, 'node_modules');
  await mkdir(join(modules, 'putlog'), { recursive: true });
  await run('tar', ['-xzf', join(project, stdout.trim()), '--strip-components=1', '-C', join(modules, 'putlog')]);
  const { dependencies } = JSON.parse(await readFile(join(modules, 'putlog/package.json'), 'utf8'));
  await mkdir(join(modules, '@types'));
  for (const name of [...Object.keys(dependencies), 'mongodb', '@types/node', 'undici-types'])
    await symlink(join(root, 'node_modules', name), join(modules, name));
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['program.ts', 'subscriber.ts', 'echo.ts'] }),
  );
  await writeFile(join(project, 'echo.ts'), job);
  await writeFile(join(project, 'program.ts'), program);
  await writeFile(join(project, 'subscriber.ts'), subscriber);
});
afterAll(() => rm(project, { recursive: true, force: true }));

test('it has what is said, and no more', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', join(root, 'dist')]);
  const files = [...stdout.matchAll(/"path": "([^"]+)"/g)].map(([, path = '']) => path);
  expect(files).toEqual(
    expect.arrayContaining([
      'client/index.js',
      'client/index.d.ts',
      'subscribe/index.d.ts',
      'schemas/for-jobs.js',
      'README.md',
    ]),
  );
  expect(
    files.filter(
      (file) =>
        !/^(client|schemas|subscribe|platform)\/[\w-]+\.(js|d\.ts)$|^(LICENSE|README\.md|package\.json)$/.test(file),
    ),
  ).toEqual([]);
});

test('a program of another project is type-checked with it, and runs; it loads the client alone', async () => {
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', project]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
  const [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
  const { stdout } = await run(process.execPath, [join(project, 'program.ts'), api.url]);
  const { result, loaded }: { result: unknown; loaded: string[] } = JSON.parse(stdout);
  expect(result).toEqual({ n: 1, length: 5 });
  const foreign = loaded.filter((url) => !/\/node_modules\/(putlog\/client|eventsource-parser)\//.test(url));
  expect(foreign).toEqual([]);
  expect(loaded.length).toBeGreaterThan(10);
});

test('a program of another project subscribes with it', async () => {
  const where = [system.brokers, system.environment().SCHEMA_REGISTRY_URL ?? '', system.prefix];
  const { stdout } = await run(process.execPath, [join(project, 'subscriber.ts'), ...where]);
  expect(JSON.parse(stdout)).toEqual({ job: 'demo.echo/packed', length: 5 });
});
