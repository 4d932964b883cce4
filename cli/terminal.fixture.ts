// For tests: a terminal that keeps what is written to it, and a program that runs on it as run.ts does.
import { Readable } from 'node:stream';
import { exitCodeOf } from './exit-code.ts';
import { createProgram } from './program.ts';
import { errorLines } from './say-error.ts';
import type { Terminal } from './terminal.ts';

type Told = { env?: Record<string, string>; input?: string; columns?: number; isTerminal?: boolean };

export function createTestTerminal({ env = {}, input = '', columns = Number.POSITIVE_INFINITY, ...told }: Told = {}) {
  const written: string[] = [];
  const errors: string[] = [];
  const interrupt = new AbortController();
  const ended = { code: 0 };
  const isTerminal = told.isTerminal ?? false;
  const terminal: Terminal = {
    ...{ env, isTerminal, colours: isTerminal, columns: () => columns, rows: () => 24 },
    out: (line) => void written.push(`${line}\n`),
    draw: (text) => void written.push(text),
    err: (line) => void errors.push(line),
    input: () => Readable.from([input]),
    readInput: async () => input,
    interrupted: () => interrupt.signal,
    endWith(code) {
      ended.code = code;
    },
    leave: () => undefined,
  };
  return {
    terminal,
    interrupt: () => interrupt.abort(),
    out: () => written.join(''),
    /** What was written, as JSON, a line each. */
    json: () =>
      written
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    err: () => errors.join('\n'),
    ended,
  };
}

/** Resolves to what the process would end with. */
export async function runOn(test: ReturnType<typeof createTestTerminal>, args: readonly string[]): Promise<number> {
  const { program } = createProgram(test.terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return test.ended.code;
  } catch (error) {
    for (const line of errorLines(error, { json: args.includes('--json') })) test.terminal.err(line);
    return exitCodeOf(error);
  }
}
