#!/usr/bin/env node
// The command line: `putlog start` runs everything, `putlog api | worker | projector` one service each.
import { Command, InvalidArgumentError } from 'commander';
import { runService } from '../platform/service.ts';

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

await program.parseAsync();
