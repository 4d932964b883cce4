// `npm run check:api`: the description of the API has no fault that Redocly's recommended rules find (redocly.yaml).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describedApi } from './describe.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'putlog-api-'));
try {
  const file = join(folder, 'openapi.json');
  writeFileSync(file, await describedApi());
  const program = fileURLToPath(import.meta.resolve('@redocly/cli/bin/cli.js'));
  const options = ['lint', file, '--config', join(root, 'redocly.yaml'), '--format', process.argv[2] ?? 'codeframe'];
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  process.exitCode = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit', env }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
