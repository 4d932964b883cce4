import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadHandlers } from './load-handlers.ts';

const folder = fileURLToPath(new URL('../test/jobs', import.meta.url));
const builtIn = fileURLToPath(new URL('../jobs', import.meta.url));

test('a type of the folder', async () => {
  expect((await loadHandlers(folder, 'test.count')).definition.type).toBe('test.count');
});

test('one that is not there: what is', async () => {
  await expect(loadHandlers(folder, 'word.count')).rejects.toThrow(
    /does not define word\.count; it defines .*test\.count/,
  );
  await expect(loadHandlers(`${folder}/none`, 'word.count')).rejects.toThrow(
    /cannot be read \(--handlers names your own\)/,
  );
});

test.each(['putlog.webhook', 'putlog.mail', 'http.request'])('%s is refused: it would send', async (type) => {
  await expect(loadHandlers(builtIn, type)).rejects.toThrow('a dry run sends nothing');
});
