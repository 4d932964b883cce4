// The commands of the program as plain values, depth first: what completion and docs/command-line.md are made of.
import type { Command, Option } from 'commander';

export type TreeOption = {
  flags: string;
  long: string;
  about: string;
  takesValue: boolean;
  choices: readonly string[];
};

/** `path`: the words after the name of the program; '' is the program itself. */
export type TreeCommand = {
  path: string;
  command: Command;
  about: string;
  options: TreeOption[];
  subcommands: { name: string; about: string }[];
  /** What its arguments may be, where that is a choice. */
  choices: readonly string[];
};

/** Where a command has none of its own to run: `putlog queues` is `putlog queues list`. */
const usual = 'list';

const optionOf = (option: Option): TreeOption => ({
  ...{ flags: option.flags, long: option.long ?? option.flags, about: option.description },
  ...{ takesValue: option.required || option.optional, choices: option.argChoices ?? [] },
});

const visible = (command: Command) => command.createHelp().visibleCommands(command);
const isHelp = (command: Command) => command.name() === 'help';

/** Without the hidden ones. */
export function treeOf(command: Command, path = ''): TreeCommand[] {
  const inside = visible(command).filter((one) => !isHelp(one));
  const own = [command, ...inside.filter((one) => one.name() === usual && path !== '')];
  const options = own.flatMap((one) => one.createHelp().visibleOptions(one)).map(optionOf);
  const unique = [...new Map(options.map((option) => [option.long, option])).values()];
  const about = command.description();
  const subcommands = inside.map((one) => ({ name: one.name(), about: one.description() }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [
    { path, command, about, options: unique, subcommands, choices },
    ...inside.flatMap((one) => treeOf(one, path === '' ? one.name() : `${path} ${one.name()}`)),
  ];
}
