// The command line as a tree of commands: `putlog start` runs everything, the services run alone, the rest asks the API, or Kafka where that
// is said. run.ts runs it; docs/command-line.md, completion and tests are made of the same tree.
import { Command } from 'commander';
import { addCancel } from './cancel-command.ts';
import { addCompletion } from './completion-command.ts';
import { addDeadLetters } from './dead-letter-commands.ts';
import { addErase } from './erase-commands.ts';
import { addEvents } from './events-command.ts';
import { createExamples } from './examples.ts';
import { exitCodes } from './exit-code.ts';
import { addGet } from './get-command.ts';
import { addKeys } from './key-commands.ts';
import { addLag } from './lag-command.ts';
import { addLimits } from './limit-commands.ts';
import { addList } from './list-command.ts';
import { addProjections } from './projection-commands.ts';
import { addQueues } from './queue-commands.ts';
import { addRebuild } from './rebuild-commands.ts';
import { addReplay } from './replay-command.ts';
import { addSchedules } from './schedule-commands.ts';
import { addServices } from './service-commands.ts';
import { addStats } from './stats-command.ts';
import { addSubmit } from './submit-command.ts';
import type { Terminal } from './terminal.ts';
import { addTopics } from './topic-commands.ts';
import { addWatch } from './watch-command.ts';
import type { Within } from './within.ts';

const groups: readonly [title: string, ...add: ((within: Within) => void)[]][] = [
  ['Jobs:', addSubmit, addGet, addList, addWatch, addEvents, addCancel, addStats],
  ['Operating:', addQueues, addLimits, addSchedules, addDeadLetters],
  ['The log:', addLag, addTopics, addRebuild, addReplay, addProjections],
  ['Running it:', addServices, addKeys, addErase],
  ['This terminal:', addCompletion],
];

/** Parsing throws CommanderError instead of ending the process; what a command says goes to the terminal. */
export function createProgram(terminal: Terminal) {
  const examples = createExamples();
  const parent = new Command('putlog')
    .description('Any async function, called with one HTTP PUT, on a Kafka log.')
    .configureOutput({
      writeOut: (text) => terminal.draw(text),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: () => Math.min(120, terminal.columns()),
      getErrHelpWidth: () => 120,
      getOutHasColors: () => terminal.colours,
    })
    .exitOverride()
    .showHelpAfterError('(--help behind the command says what there is)')
    .addHelpText('after', () =>
      ['', 'Exit codes:', ...Object.entries(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`)].join('\n'),
    );
  for (const [title, ...add] of groups) {
    parent.commandsGroup(title);
    for (const addTo of add) addTo({ parent, terminal, examples });
  }
  return { program: parent, examplesOf: examples.of };
}
