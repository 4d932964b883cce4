// docs/command-line.md, made of the tree of commands: what each is for, its arguments, options and examples. generate.ts writes it.
import type { Command } from 'commander';
import { type TreeCommand, treeOf } from '../cli/command-tree.ts';
import { exitCodes } from '../cli/exit-code.ts';
import { createProgram } from '../cli/program.ts';
import { openTerminal } from '../cli/terminal.ts';

const { program, examplesOf } = createProgram(openTerminal(process));

/** What stands in angle brackets would be taken for HTML. */
const item = (term: string, about: string) => `- \`${term}\`: ${about.replaceAll('<', '\\<')}`;

const usageOf = (command: Command): string =>
  command.registeredArguments
    .map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))
    .join(' ');

function sectionOf({ path, command, about, options, subcommands }: TreeCommand): string {
  const examples = examplesOf(command).map(([line, what]) => `# ${what}\n${line}`);
  const own = options.filter(({ long }) => !['--help', '--url', '--json'].includes(long));
  const parts = [
    `${'#'.repeat(path.includes(' ') ? 3 : 2)} putlog ${path}${usageOf(command) && ` ${usageOf(command)}`}`,
    `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
    subcommands.map((one) => item(one.name, one.about)).join('\n'),
    command.registeredArguments.map((argument) => item(argument.name(), argument.description)).join('\n'),
    // Those of its usual command are told there.
    subcommands.length > 0 ? '' : own.map((option) => item(option.flags, option.about)).join('\n'),
    examples.length === 0 || subcommands.length > 0 ? '' : `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

export const commandLinePage = (note: string) => `# At a terminal

${note}

\`npx putlog\` in this repository. What asks the API takes \`--url\` (or \`PUTLOG_URL\`; \`http://127.0.0.1:3000\` unless told) and sends the key in
\`PUTLOG_KEY\`. What speaks to Kafka itself (\`lag\`, \`topics\`, \`keys\`) reads the variables of the services, and finds the stack of a \`putlog start\`
in its folder without them. \`--help\` behind any command says what there is.

A job is named \`type/id\`. A payload is JSON, \`@file\`, or \`-\` for the input. Spans of time are \`500ms\`, \`10s\`, \`1m30s\`, \`2h\`, \`7d\`, or seconds; times
are RFC 3339, and where one has passed a span means so long ago.

With \`--json\` each answer is one JSON value on a line, or one line for each thing that is listed, as the API tells it; so are errors, on the error
output, as problem documents. Without it there are tables for people, in colours on a terminal unless \`NO_COLOR\` is set. Control characters in data
are shown as escapes, never sent to the terminal.

| exit code | meaning |
| --------- | ------- |
${Object.entries(exitCodes)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join('\n')}

\`putlog start\` and the services have their own: 78 where the configuration is wrong, 130 after a second ^C.

${treeOf(program)
  .filter(({ path }) => path !== '')
  .map(sectionOf)
  .join('\n\n')}
`;
