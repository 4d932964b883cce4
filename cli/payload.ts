// What a command sends: JSON as an argument, from a file (@file), or from the input (-).
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { UsageError } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

function parsed(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${from} is not JSON: ${why}`, { cause });
  }
}

const unreadable = (file: string, cause: unknown) =>
  new UsageError(`${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });

/** @throws UsageError */
export async function readPayload(argument: string, terminal: Pick<Terminal, 'readInput'>): Promise<unknown> {
  if (argument === '-') return parsed(await terminal.readInput(), 'the input');
  if (!argument.startsWith('@')) return parsed(argument, 'the payload');
  const file = argument.slice(1);
  try {
    return parsed(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw error instanceof UsageError ? error : unreadable(file, error);
  }
}

/** Each line that is not blank, as it is read, with its number from 1. @throws UsageError */
export async function* readLinesOf(
  argument: string,
  terminal: Pick<Terminal, 'input'>,
): AsyncGenerator<{ value: unknown; line: number }> {
  const file = argument.replace(/^@/, '');
  const input: NodeJS.ReadableStream = argument === '-' ? terminal.input() : createReadStream(file);
  // Whatever reading of the lines does not hear of is heard here.
  const failed: unknown[] = [];
  input.once('error', (error: unknown) => {
    failed.push(error);
    lines.close();
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== '') yield { value: parsed(text, `line ${line}`), line };
  }
  if (failed.length > 0) throw unreadable(file, failed[0]);
}
