// The commands `putlog keys add | list | revoke`: options in, lines out. putlog.ts adds them to the program.
import { Command } from 'commander';
import { askDirectly } from './ask-directly.ts';
import type { OpenKeys } from './keys.ts';
import { type AddKeyOptions, keyLine, newKey, shownKey } from './new-key.ts';

/** Kafka that does not answer is waited for so long (milliseconds). */
const patience = 60_000;

/** `fail` ends the process with a message. */
export function keyCommands(env: NodeJS.ProcessEnv, fail: (message: string) => never): Command {
  const keys = new Command('keys').description('API keys: who may call, and what (docs/security.md)');

  const run = (prepare: () => (keys: OpenKeys) => string[] | Promise<string[]>) =>
    askDirectly(
      {
        ...{ env, fail, patience },
        silent: 'Kafka or the schema registry does not answer; nothing may have been done',
        // Only now: no other command needs it.
        open: async (config) => (await import('./keys.ts')).openKeys(config),
      },
      prepare,
    );

  keys
    .command('add')
    .description('makes a key, and tells its secret: once, here')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scopes>', 'submit, read, operate: one or more, separated by commas')
    .option('--type <types>', 'job types that it may touch, or image.* for all that begin so; unless told: all')
    .option('--rate <rate>', 'requests in a time at each api process, such as 100/60s')
    .option('--expires <when>', 'such as 90d, 12h or 2030-01-31T08:00:00Z; unless told: never')
    .option('--json', 'as JSON')
    .action((options: AddKeyOptions & { json?: boolean }) =>
      run(() => {
        const { id, text, key } = newKey(options, Date.now());
        return async ({ add }) => {
          await add(id, key);
          return [options.json ? JSON.stringify({ ...shownKey(id, key), key: text }) : text];
        };
      }),
    );
  keys
    .command('list')
    .description('lists all keys, without their secrets')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) =>
      run(
        () =>
          ({ list }) =>
            json
              ? [JSON.stringify({ keys: list().map(([id, key]) => shownKey(id, key)) })]
              : list().map(([id, key]) => keyLine(id, key)),
      ),
    );
  keys
    .command('revoke <id>')
    .description('ends a key, in every api process at once; its id is the part between putlog_ and the secret')
    .option('--json', 'as JSON')
    .action((id: string, { json }: { json?: boolean }) =>
      run(() => async ({ revoke }) => {
        const key = await revoke(id, Date.now());
        return [json ? JSON.stringify(shownKey(id, key)) : keyLine(id, key)];
      }),
    );
  return keys;
}
