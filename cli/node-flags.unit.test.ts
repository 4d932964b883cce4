import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFlags } from './node-flags.ts';

test.each([
  ['cli/putlog.js', `#!/usr/bin/env -S node ${nodeFlags.join(' ')}\n`],
  ['Dockerfile', `ENTRYPOINT ["node", ${nodeFlags.map((flag) => `"${flag}"`).join(', ')}, "cli/putlog.js"]\n`],
])('%s has them too', (file, line) => {
  expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toContain(line);
});
