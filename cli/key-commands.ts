// The commands `putlog keys add | list | revoke`: options in, lines out. They write to Kafka themselves, so that the first key can be made
// before anybody may call the API.
import { jsonOption } from './api.ts';
import { askDirectly } from './ask-directly.ts';
import { UsageError } from './exit-code.ts';
import type { OpenKeys } from './keys.ts';
import type { AddKeyOptions } from './new-key.ts';
import { jsonText, shown } from './shown.ts';
import type { Within } from './within.ts';

type Json = { json?: true };

/** Kafka that does not answer is waited for so long (milliseconds). */
const patience = 60_000;

/** What keys are made and shown with is loaded by these commands alone. */
const keyShapes = () => import('./new-key.ts');

async function madeOf(options: AddKeyOptions) {
  const { newKey } = await keyShapes();
  try {
    return newKey(options, Date.now());
  } catch (error) {
    // What is wrong with an option is wrong usage.
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

export function addKeys({ parent, terminal, examples }: Within): void {
  const keys = parent
    .command('keys')
    .description('makes, lists and ends API keys: who may call, and what (docs/security.md)');

  const run = (ask: (keys: OpenKeys) => Promise<string[]>) =>
    askDirectly(
      {
        ...{ terminal, patience },
        silent: 'Kafka or the schema registry does not answer; nothing may have been done',
        // Only now: no other command needs it.
        open: async (config) => (await import('./keys.ts')).openKeys(config),
      },
      ask,
    );

  const add = keys
    .command('add')
    .description('makes a key, and tells its secret: once, here')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scopes>', 'submit, read, operate: one or more, separated by commas')
    .option('--type <types>', 'job types that it may touch, or image.* for all that begin so; unless told: all')
    .option('--rate <rate>', 'requests in a time at each api process, such as 100/60s')
    .option('--expires <when>', 'such as 90d, 12h or 2030-01-31T08:00:00Z; unless told: never')
    .addOption(jsonOption())
    .action(async (options: AddKeyOptions & Json) => {
      // Before anything is connected.
      const { id, text, key } = await madeOf(options);
      const { shownKey } = await keyShapes();
      await run(async (opened) => {
        await opened.add(id, key);
        return [options.json ? jsonText({ ...shownKey(id, key), key: text }) : text];
      });
    });
  const list = keys
    .command('list', { isDefault: true })
    .description('lists all keys, without their secrets')
    .addOption(jsonOption())
    .action(({ json }: Json) =>
      run(async (opened) => {
        const { keyLine, shownKey } = await keyShapes();
        const found = opened.list();
        return json
          ? [jsonText({ keys: found.map(([id, key]) => shownKey(id, key)) })]
          : found.map(([id, key]) => shown(keyLine(id, key)));
      }),
    );
  const revoke = keys
    .command('revoke')
    .description('ends a key, in every api process at once')
    .argument('<id>', 'the part of the key between putlog_ and the secret')
    .addOption(jsonOption())
    .action((id: string, { json }: Json) =>
      run(async (opened) => {
        const { keyLine, shownKey } = await keyShapes();
        const key = await opened.revoke(id, Date.now());
        return [json ? jsonText(shownKey(id, key)) : shown(keyLine(id, key))];
      }),
    );
  examples.give(
    add,
    [`putlog keys add --name shop --scope submit,read --type 'order.*'`, 'for a program that calls'],
    ['putlog keys add --name admin --scope submit,read,operate --expires 90d --json', 'for whoever operates it'],
  );
  examples.give(list, ['putlog keys list', 'who may do what']);
  examples.give(revoke, ['putlog keys revoke 1f0c2b9a7d34', 'it is refused from now on']);
  examples.give(keys, ['putlog keys list', 'who may do what']);
}
