// How a command speaks to the API: the options that all of them have, and the client. Whatever the client has no function for is asked over
// its connection.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectionOptions } from '../client/connection.ts';
import { createConnection } from '../client/connection.ts';
import { createClient } from '../client/create-client.ts';
import type { Terminal } from './terminal.ts';

export type ApiOptions = { url: string; json?: true };

function urlOption(typed: string): string {
  if (/^https?:\/\/[^/]/.test(typed) && URL.canParse(typed)) return typed;
  throw new InvalidArgumentError('Give a URL, such as http://localhost:3000.');
}

/** `--json` is of every command that shows anything. */
export const jsonOption = (about = 'JSON: one value, or one a line') => new Option('--json', about);

export const withApi = (command: Command): Command =>
  command
    .addOption(
      new Option('--url <url>', 'where the API is')
        .env('PUTLOG_URL')
        .default('http://127.0.0.1:3000')
        .argParser(urlOption),
    )
    .addOption(jsonOption());

/** Somebody waits: what does not answer is given up within a second or two. */
const retries = { attempts: 4, baseMs: 150, maxMs: 1_000 };

/** With the key in PUTLOG_KEY, if there is one. Nothing is sent yet. */
export function openApi({ url }: ApiOptions, { env }: Terminal) {
  const key = env.PUTLOG_KEY;
  const options: ConnectionOptions = { url, retries, ...(key && { key }) };
  return { client: createClient(options), ...createConnection(options) };
}
