// The tree of commands: each says what it is for and shows examples that parse, completion and the page know all of it, and what is typed
// wrong ends with 2.
import { describe, expect, test } from 'vitest';
import { treeOf } from './command-tree.ts';
import { completion, shells } from './completion.ts';
import { createProgram } from './program.ts';
import { createTestTerminal, runOn } from './terminal.fixture.ts';
import { wantsColours } from './terminal.ts';

const { terminal } = createTestTerminal();
const { program, examplesOf } = createProgram(terminal);
const tree = treeOf(program).filter(({ path }) => path !== '');

/** The words of a line for a shell, up to what ends a command; quotes are taken off. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|([^\s']+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const begin = words.findIndex((word) => /^(<\()?putlog$/.test(word));
  const rest = words.slice(begin + 1);
  const end = rest.findIndex((word) => /^[|<>)]$/.test(word));
  return (end === -1 ? rest : rest.slice(0, end)).map((word) => word.replace(/\)$/, ''));
}

describe.each(tree.map((one) => [one.path, one] as const))('putlog %s', (path, { command, about, options }) => {
  test('says what it is for, and so does each of its options and arguments', () => {
    expect(about).not.toBe('');
    for (const option of options) expect(option.about, option.flags).not.toBe('');
    for (const argument of command.registeredArguments) expect(argument.description, argument.name()).not.toBe('');
  });

  test('has examples in its help, and they parse', async () => {
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    const written = createTestTerminal();
    expect(await runOn(written, [...path.split(' '), '--help'])).toBe(0);
    for (const [line, what] of examples) {
      expect(written.out()).toContain(`  # ${what}\n  ${line}`);
      const parsed = createProgram(createTestTerminal().terminal).program;
      for (const one of treeOf(parsed))
        if (one.path !== '' && one.subcommands.length === 0) one.command.action(() => undefined);
      const args = wordsOf(line);
      expect(args.join(' ')).toMatch(new RegExp(`^${path.split(' ')[0]}\\b`));
      await expect(parsed.parseAsync(args, { from: 'user' }), line).resolves.toBe(parsed);
    }
  });

  test.each(shells)('is completed in %s, with all of its options', (shell) => {
    const script = completion(shell, 'putlog', tree);
    expect(script).toContain(path);
    for (const { long } of options) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
  });

  test('refuses an option that there is not, with 2', async () => {
    const written = createTestTerminal();
    expect(await runOn(written, [...path.split(' '), '--no-such-option'])).toBe(2);
    // One that it cannot do without may be missed first.
    expect(written.err()).toMatch(/unknown option '--no-such-option'|required option/);
  });
});

test('every command is there: nobody forgot to add one', () => {
  expect(tree.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      'submit',
      'get',
      'list',
      'watch',
      'cancel',
      'dlq redrive',
      'queues pause',
      'limits set',
      'lag',
    ]),
  );
  expect(program.commands.filter((command) => command.name() === 'redrive')).toHaveLength(1);
});

test('a script is quoted: what a description says is never run', () => {
  const [first] = tree;
  if (first === undefined) throw new Error('there is no command');
  const evil = [{ ...first, path: 'x', subcommands: [{ name: 'y', about: `it's $(rm) \`rm\` "quoted" a:b \\` }] }];
  expect(completion('zsh', 'putlog', evil)).toContain(`'y:it'\\''s $(rm) \`rm\` "quoted" a:b \\'`);
  expect(completion('fish', 'putlog', evil)).toContain(`-d 'it\\'s $(rm) \`rm\` "quoted" a:b \\\\'`);
});

test.each([
  [{}, true, true],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{}, false, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, false],
])('%j on a terminal (%s): colours %s', (env, isTerminal, colours) =>
  expect(wantsColours(env, isTerminal)).toBe(colours),
);
