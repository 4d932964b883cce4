#!/usr/bin/env -S node --max-semi-space-size=32
// The command line: `putlog start` runs everything, `putlog api | worker | projector` one service each, the rest asks the API.
import { Command, InvalidArgumentError } from 'commander';
import { runService } from '../platform/service.ts';
import type { DeadLetterOptions } from './dead-letters.ts';
import { keyCommands } from './key-commands.ts';
import { rebuildCommands } from './rebuild-commands.ts';

const program = new Command('putlog').description('Any async function, called with one HTTP PUT, on a Kafka log.');

const service = (name: string, about: string) =>
  program.command(name).description(`${about}; configured by environment variables (see the README)`);

service('api', 'accepts jobs and answers for them over HTTP').action(async () => {
  const { startApi } = await import('../producer/main.ts');
  await runService('api', process.env, startApi);
});
service('worker', 'runs jobs').action(async () => {
  const { startWorker } = await import('../consumer/main.ts');
  await runService('worker', process.env, startWorker, 'is logged');
});
service('projector', 'keeps job status in MongoDB up to date').action(async () => {
  const { startProjector } = await import('../projections/main.ts');
  await runService('projector', process.env, startProjector);
});

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError('give a whole number from 1 to 64');
  return number;
}

program
  .command('start')
  .description('runs everything: an embedded Kafka, registry and MongoDB where none is given, then the services')
  .option('--workers <number>', 'worker processes', count, 1)
  .option('--fresh', 'deletes the data directory first')
  .action(async (options: { workers: number; fresh?: boolean }) => {
    const { start } = await import('./start.ts');
    process.exit(await start(options));
  });

const deadLetters = (name: string, about: string) =>
  program
    .command(name)
    .description(about)
    .option('--url <url>', 'where the API is', process.env.PUTLOG_URL ?? 'http://127.0.0.1:3000')
    .option('--type <type>', 'of this job type')
    .option('--code <code>', 'with this cause (docs/errors.md)')
    .option('--position <position>', 'at this position: topic/partition@offset')
    .option('--after <time>', 'not before this time (RFC 3339)')
    .option('--before <time>', 'before this time (RFC 3339)')
    .option('--limit <number>', 'at most so many');

async function print(lines: AsyncGenerator<string>): Promise<void> {
  try {
    for await (const line of lines) console.log(line);
  } catch (error) {
    program.error(error instanceof Error ? error.message : String(error));
  }
}

deadLetters('dead-letters', 'lists what ended as dead')
  .option('--redriven <true|false>', 'only what was sent again, or was not')
  .action(async (options: DeadLetterOptions) => {
    const { listDeadLetters } = await import('./dead-letters.ts');
    await print(listDeadLetters({ ...options, key: process.env.PUTLOG_KEY }));
  });
deadLetters('redrive', 'sends dead letters again, as new generations of their jobs; at least one filter')
  .option('--per-second <number>', 'at most so many a second')
  .action(async ({ perSecond, ...options }: DeadLetterOptions) => {
    const { redrive } = await import('./dead-letters.ts');
    await print(redrive({ ...options, perSecond, key: process.env.PUTLOG_KEY }));
  });

program.addCommand(keyCommands(process.env, (message) => program.error(message)));
for (const command of rebuildCommands(process.env, (message) => program.error(message))) program.addCommand(command);

await program.parseAsync();
