// What the process ends with, so that a script can tell what came of a command; docs/command-line.md has the table of it.
import { CommanderError } from 'commander';
import { ConnectionError } from '../client/problem-error.ts';
import { ConfigError } from '../platform/config.ts';

export const exitCodes = {
  0: 'done',
  1: 'refused, or failed; with --wait also: the job did not succeed; of a check: there is a difference',
  2: 'wrong usage: the command line, a setting in the environment, or a payload that is not JSON',
  3: 'no answer: from the API, from Kafka or from MongoDB',
  4: 'the job was not over when the time of --wait was up',
} as const;

export type ExitCode = keyof typeof exitCodes;

/** What is wrong with what was typed; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Nobody has answered for too long; the message says who. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

/** Of the clients of Kafka and MongoDB, by their names: whoever throws them stands behind a seam. */
const silent = /^(KafkaJS(Connection|NumberOfRetries|RequestTimeout|Broker)|MongoServerSelection|MongoNetwork)/;

/** Whether it is about somebody who does not answer. */
export const isSilence = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  error instanceof SilenceError ||
  (error instanceof Error && silent.test(error.name));

export function exitCodeOf(error: unknown): ExitCode {
  // Help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof ConfigError) return 2;
  return isSilence(error) ? 3 : 1;
}
