// The terminal as the commands see it: what they are told by it, what they write to it, and that nobody reads or wants it any more. run.ts
// makes it of the process; tests make their own.
import { text } from 'node:stream/consumers';
import type { ExitCode } from './exit-code.ts';

export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody looks at what is written. */
  readonly isTerminal: boolean;
  readonly colours: boolean;
  /** Characters; infinite where nobody looks, so that nothing is cut. */
  columns: () => number;
  rows: () => number;
  /** One line, or more. What others wrote must have gone through `shown` or `jsonText`. */
  out: (line: string) => void;
  /** As it is, without a line feed. */
  draw: (text: string) => void;
  err: (line: string) => void;
  input: () => NodeJS.ReadableStream;
  /** All of the input. */
  readInput: () => Promise<string>;
  /** Aborted by the first ^C (or SIGTERM) from the first call on; without a call it ends the process, as does the second. */
  interrupted: () => AbortSignal;
  /** What the process ends with, unless an error says otherwise. */
  endWith: (code: ExitCode) => void;
  /** Ends the process once all is written: code of others ran in it, and may have left open what would hold it up. */
  leave: () => void;
};

type Process = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'stdin' | 'env' | 'exit' | 'once' | 'exitCode'>;

const isSet = (value: string | undefined) => value !== undefined && value !== '';

/** https://no-color.org: no colours with NO_COLOR, whatever it says; FORCE_COLOR is for those who record a terminal. */
export const wantsColours = (env: Terminal['env'], isTerminal: boolean): boolean =>
  !isSet(env.NO_COLOR) && (isTerminal ? env.TERM !== 'dumb' : isSet(env.FORCE_COLOR) && env.FORCE_COLOR !== '0');

export function openTerminal(own: Process): Terminal {
  const { stdout, stderr, stdin, env } = own;
  const isTerminal = stdout.isTTY === true;
  let watched = false;
  let stop: AbortController | undefined;

  /** Who reads our output may go away (`putlog list | head`): then there is nothing more to do, and nothing wrong. */
  function write(what: string) {
    if (!watched) stdout.on('error', (error: NodeJS.ErrnoException) => own.exit(error.code === 'EPIPE' ? 0 : 1));
    watched = true;
    stdout.write(what);
  }

  return {
    env,
    isTerminal,
    colours: wantsColours(env, isTerminal),
    columns: () => (isTerminal ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY),
    rows: () => (isTerminal ? (stdout.rows ?? 24) : Number.POSITIVE_INFINITY),
    out: (line) => write(`${line}\n`),
    draw: write,
    err: (line) => void stderr.write(`${line}\n`),
    input: () => stdin,
    readInput: () => text(stdin),
    interrupted() {
      if (stop !== undefined) return stop.signal;
      const begun = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) own.once(signal, () => begun.abort());
      stop = begun;
      return begun.signal;
    },
    endWith(code) {
      own.exitCode = code;
    },
    leave: () => void stdout.write('', () => own.exit()),
  };
}
