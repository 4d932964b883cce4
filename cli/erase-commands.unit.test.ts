// What is typed to erase somebody is checked, and agreed to, before anything is connected.
import { expect, test } from 'vitest';
import { createTestTerminal, runOn } from './terminal.fixture.ts';

/** Nothing of it is there: whoever connects ends with 2, for the key that is missing. */
const env = {
  KAFKA_BROKERS: 'localhost:1',
  SCHEMA_REGISTRY_URL: 'http://localhost:1',
  MONGODB_URI: 'mongodb://localhost:1',
};
const connects = /PUTLOG_PERSONAL_KEY is not set/;

async function erase(args: string[], told: { input?: string; isTerminal?: boolean } = {}) {
  const terminal = createTestTerminal({ env, ...told });
  const code = await runOn(terminal, ['erase', ...args]);
  return { code, err: terminal.err() };
}

test.each([
  ['without a subject', [], 2, /--subject/],
  ['of nobody', ['--subject', '', '--yes'], 2, /1 to 200 characters/],
  ['with too long a name', ['--subject', 'x'.repeat(201), '--yes'], 2, /1 to 200 characters/],
  ['where nobody can be asked', ['--subject', 'c-7'], 2, /give --yes/],
  ['agreed beforehand', ['--subject', 'c-7', '--yes'], 2, connects],
])('%s', async (_, args, code, said) => {
  expect(await erase(args)).toEqual({ code, err: expect.stringMatching(said) });
});

test.each([
  ['yes\n', 2, connects],
  ['no\n', 1, /nothing was erased/],
  ['y\n', 1, /nothing was erased/],
  ['', 1, /nothing was erased/],
])('asked, and answered %j', async (input, code, said) => {
  const asked = await erase(['--subject', 'c-\u001b7'], { input, isTerminal: true });
  expect(asked).toEqual({ code, err: expect.stringMatching(said) });
  expect(asked.err).toContain('will read [erased], for ever');
  expect(asked.err, 'what was typed is shown, not obeyed').not.toContain('\u001b');
});
