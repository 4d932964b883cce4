import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { prettyFactory } from 'pino-pretty';
import { lastLines } from '../embedded/log-tail.ts';

/**
 * Where the lines of a service go: all of them into its log file, warnings and errors also to the terminal, in a
 * readable form. Called by start-service.ts.
 */
export type ServiceLog = {
  readonly take: (name: string, stdout: Readable, stderr: Readable) => void;
  /** Resolves when everything is written. */
  readonly close: () => Promise<void>;
};

export type Say = (line: string) => void;

export function openServiceLog(file: string, say: Say, colorize: boolean): ServiceLog {
  const log = createWriteStream(file, { flags: 'a' });
  log.on('error', (error) => say(`${file} cannot be written: ${error.message}`));
  const pretty = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', singleLine: true });
  const each = (stream: Readable, show: (line: string) => string | undefined) =>
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      const shown = show(line);
      if (shown !== undefined) say(shown);
    });
  return {
    take: (name, stdout, stderr) => {
      each(stdout, (line) => (isWarning(line) ? `${name}: ${pretty(line).trimEnd()}` : undefined));
      // A crash writes here, and Node's own warnings.
      each(stderr, (line) => (line.trim() === '' ? undefined : `${name}: ${line}`));
    },
    close: () => new Promise((resolve) => log.end(resolve)),
  };
}

/** pino's level 40 (warn) or higher; pino writes the level first. */
export const isWarning = (line: string): boolean => /^\{"level":(?:[4-9]\d|\d{3,})\b/.test(line);

/** The last line of a log, or its message where it is one of pino's. */
export async function lastWords(file: string): Promise<string> {
  const [line = ''] = await lastLines(file, 1);
  return messageOf(line);
}

export function messageOf(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    const has = typeof entry === 'object' && entry !== null && 'msg' in entry && typeof entry.msg === 'string';
    return has ? String(entry.msg) : line;
  } catch {
    // Not JSON: a crash's stack trace, say. It is its own message.
    return line;
  }
}
