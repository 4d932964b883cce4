import { expect, test } from 'vitest';
import { callOptionsText } from './call-options.ts';
import type { Command } from './command.ts';
import { commandFault } from './command-fault.ts';

const command: Command = {
  ...{ kind: 'submit', type: 'demo.echo', id: 'a_B.1~2-3', generation: 0, attempt: 1, key: '' },
  ...{ payload: '{}', digest: '', submittedAt: 0, dueAt: null, after: null, options: null },
};

test('what the API writes has none', () => {
  expect(commandFault(command)).toBeUndefined();
  expect(commandFault({ ...command, submittedAt: Date.now(), key: 'k'.repeat(1_000) })).toBeUndefined();
  expect(commandFault({ ...command, options: callOptionsText({ timeoutMs: 5 }) })).toBeUndefined();
  expect(commandFault({ ...command, options: '{"asked":"by a later version"}' })).toBeUndefined();
});

test.each([
  ['type', 'Demo.Echo'],
  ['type', `a${'.a'.repeat(100)}`],
  ['id', ''],
  ['id', 'a/b'],
  ['id', 'i'.repeat(900_000)],
  ['key', 'k'.repeat(1_001)],
  ['digest', 'd'.repeat(1_001)],
  ['generation', -1],
  ['attempt', 0],
  ['options', '{'],
  ['options', '{"timeoutMs":0}'],
  ['options', ' '.repeat(20_000)],
  ['options', '{"parent":"a.b/\\"1"}'],
  ['options', '{"notify":"a@b\\r\\nBcc: c@d"}'],
  ['options', '{"next":[{"type":"a.b","id":"../x"}]}'],
  ['submittedAt', Number.MAX_SAFE_INTEGER],
])('%s: it is told, in few words', (field, value) => {
  const fault = commandFault({ ...command, [field]: value });
  expect(fault).toContain(field === 'submittedAt' ? 'submission' : field);
  expect(fault?.length).toBeLessThan(200);
});
