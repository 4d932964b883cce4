// The command line: runs one command, says what went wrong, and ends with a code that says what came of it (exit-code.ts).
import { exitCodeOf } from './exit-code.ts';
import { createProgram } from './program.ts';
import { errorLines } from './say-error.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process);
const { program } = createProgram(terminal);
try {
  await program.parseAsync();
} catch (error) {
  for (const line of errorLines(error, { json: process.argv.includes('--json') })) terminal.err(line);
  // A connection that is still open would hold the process up.
  process.exit(exitCodeOf(error));
}
