// Examples of commands: each stands in the help of its command and in docs/command-line.md, and a test parses it.
import type { Command } from 'commander';

/** A command line as it is typed, and what it does. */
export type Example = readonly [line: string, what: string];

export type Examples = ReturnType<typeof createExamples>;

export function createExamples() {
  const known = new Map<Command, readonly Example[]>();
  return {
    of: (command: Command): readonly Example[] => known.get(command) ?? [],
    /** Returns the command. */
    give(command: Command, ...lines: Example[]): Command {
      known.set(command, lines);
      const shown = lines.map(([line, what]) => `  # ${what}\n  ${line}`).join('\n');
      return command.addHelpText('after', `\nExamples:\n${shown}`);
    },
  };
}
