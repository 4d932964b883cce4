// The import rules of biome.json are enforced: each is broken on purpose in a folder beside the project, and reported.
// A linter that checks nothing would pass everything; this is how we know that ours does not.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

const services = 'The services meet only in the log';
const narrow = 'The services import only schemas/ and platform/';
const below = 'platform/ and schemas/ are below everything else';
const alone = 'schemas/ says what is in the log';
const jobs = 'A job knows only its definition';
const client = 'The client runs in other programs';
const subscriber = 'Who subscribes is another program';
const replayer = 'it knows nobody else';
const stack = 'embedded/ starts programs';
const tests = 'Nothing but tests imports tests';
const registry = 'Only platform/ uses the client of the schema registry';
const drivers = 'Only platform/ uses the clients of Kafka and MongoDB';
const cycle = 'This import is part of a cycle.';
const focused = "Don't focus the test.";
const undeclared = "Dependency vitest isn't specified in package.json.";

/** [file, its text, what is reported] */
const forbidden: [string, string, string][] = [
  ['producer/a.ts', "import '../consumer/main.ts';", services],
  ['consumer/a.ts', "import '../projections/main.ts';", services],
  ['projections/a.ts', "export { merge } from '../producer/main.ts';", services],
  ['projections/a.unit.test.ts', "import '../consumer/main.ts';", services],
  ['producer/b.ts', "import '../jobs/demo.echo.ts';", narrow],
  ['consumer/b.ts', "await import('../embedded/java.ts');", narrow],
  ['platform/a.ts', "import '../producer/main.ts';", below],
  ['platform/b.ts', "import type { Job } from '../jobs/demo.echo.ts';", below],
  ['schemas/a.ts', "import '../cli/start.ts';", below],
  ['schemas/b.ts', "import '../platform/config.ts';", alone],
  ['jobs/a.ts', "import '../platform/config.ts';", jobs],
  ['jobs/outbound/a.ts', "import '../../platform/config.ts';", jobs],
  ['client/a.ts', "import '../platform/config.ts';", client],
  ['subscribe/a.ts', "import '../producer/main.ts';", subscriber],
  ['subscribe/b.ts', "import { MongoClient } from 'mongodb';", drivers],
  ['replay/a.ts', "import '../producer/main.ts';", replayer],
  ['replay/b.ts', "await import('../cli/start.ts');", replayer],
  ['consumer/e.ts', "import '../replay/replay.ts';", narrow],
  ['platform/f.ts', "import '../replay/replay.ts';", below],
  ['embedded/a.ts', "import '../consumer/main.ts';", stack],
  ['embedded/b.ts', "import 'kafkajs';", stack],
  ['cli/a.ts', "import '../test/stack/marks.ts';", tests],
  ['producer/c.ts', "import './app.fixture.ts';", tests],
  ['bench/a.ts', "import '../producer/bad-input.unit.test.ts';", tests],
  ['producer/d.ts', "import '@kafkajs/confluent-schema-registry';", registry],
  ['cli/b.ts', "import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';", registry],
  ['consumer/c.ts', "import { Kafka } from 'kafkajs';", drivers],
  ['consumer/d.ts', "import { type Kafka } from 'kafkajs';", drivers],
  ['producer/e.ts', "import mongodb from 'mongodb';", drivers],
  ['producer/f.ts', "export { MongoClient } from 'mongodb';", drivers],
  ['cli/c.ts', "const driver = await import('mongodb');", drivers],
  ['jobs/b.ts', "import 'kafkajs/src/cluster/index.js';", drivers],
  ['platform/c.ts', "import './d.ts';\nexport const c = 1;", cycle],
  ['platform/d.ts', "import type {} from './c.ts';\nexport const d = 1;", cycle],
  ['cli/d.ts', "import 'vitest';", undeclared],
  ['producer/g.unit.test.ts', "import { test } from 'vitest';\ntest.only('this one', () => undefined);", focused],
];

const allowed: [string, string][] = [
  ['consumer/ok.ts', "import type { Kafka } from 'kafkajs';\nimport '../platform/e.ts';\nimport '../schemas/c.ts';"],
  ['platform/e.ts', "import 'kafkajs';\nimport 'mongodb';\nimport '@kafkajs/confluent-schema-registry';"],
  ['subscribe/ok.ts', "import type { Db } from 'mongodb';\nimport '../platform/e.ts';\nimport '../schemas/c.ts';"],
  ['replay/ok.ts', "import '../consumer/running.ts';\nimport '../projections/until.ts';\nimport '../platform/e.ts';"],
  ['cli/ok.ts', "await import('../producer/main.ts');\nimport '../embedded/java.ts';"],
  ['jobs/ok.int.test.ts', "import '../platform/e.ts';\nimport '../test/ok.ts';\nimport 'vitest';"],
  ['test/ok.ts', "import 'kafkajs';\nimport 'mongodb';\nimport 'vitest';\nimport '../embedded/java.ts';"],
];

type Diagnostic = { message: string; category: string; location: { path: string } };

async function lint(folder: string): Promise<Diagnostic[]> {
  const stdout = await new Promise<string>((resolve) => {
    // It ends with 1 because it finds something; what it printed says whether it ran.
    execFile(
      process.execPath,
      [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'],
      { cwd: folder },
      (_, out) => resolve(out),
    );
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  return diagnostics;
}

describe('the linter', () => {
  let folder = '';
  let found: Diagnostic[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'putlog-house-rules-'));
    for (const path of ['biome.json', '.biome', '.gitignore', 'package.json'])
      await cp(join(root, path), join(folder, path), { recursive: true });
    for (const [path, text] of [...forbidden, ...allowed]) {
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path), `${text}\n`);
    }
    found = await lint(folder);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(forbidden)('reports %s: %s', (path, _text, message) => {
    const messages = found.filter(({ location }) => location.path === path).map((diagnostic) => diagnostic.message);
    expect(messages).toContainEqual(expect.stringContaining(message));
  });

  test.each(allowed)('finds nothing wrong with %s', (path) => {
    const imports = /plugin|noRestrictedImports|noImportCycles|noUndeclaredDependencies/;
    expect(found.filter(({ location, category }) => location.path === path && imports.test(category))).toEqual([]);
  });
});
