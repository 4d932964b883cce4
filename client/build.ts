// `npm run build:client`: writes dist/, the package that other programs install. It has what they import from 'putlog' (to define jobs), from
// 'putlog/client' (to call them) and from 'putlog/subscribe' (to be told of them) as JavaScript, because Node does not run TypeScript inside
// of node_modules; nothing of the services.
import { execFileSync } from 'node:child_process';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = join(root, 'dist');

await rm(dist, { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'client')], { stdio: 'inherit' });

const { version, description, license, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const { typebox, 'eventsource-parser': parser, kafkajs, avsc, pino, mongodb } = dependencies;
const manifest = {
  ...{ name: 'putlog', version, description, license, type: 'module', sideEffects: false },
  engines: { node: '>=22.12' },
  exports: { '.': './schemas/for-jobs.js', './client': './client/index.js', './subscribe': './subscribe/index.js' },
  // kafkajs is mended from within, so it is that version and no other.
  dependencies: { typebox, 'eventsource-parser': parser, kafkajs, avsc, pino },
  // Who keeps events exactly once brings the driver along; of it only types are used here.
  peerDependencies: { mongodb: `>=6 <=${mongodb.split('.')[0]}` },
  peerDependenciesMeta: { mongodb: { optional: true } },
};
await writeFile(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await copyFile(join(root, 'LICENSE'), join(dist, 'LICENSE'));
await copyFile(join(root, 'docs/client.md'), join(dist, 'README.md'));
console.log(`${dist}: npm install it, or what npm pack makes of it`);
