// What the commands have in common when they are made: program.ts hands it to each of the files that add some.
import type { Command } from 'commander';
import type { Examples } from './examples.ts';
import type { Terminal } from './terminal.ts';

/** What each command of program.ts is made with: the one it belongs to, the terminal, and where its examples go. */
export type Within = { parent: Command; terminal: Terminal; examples: Examples };
