// `putlog start` runs everything, `putlog api | worker | projector` one service each; what they do is in the folders of the services.
import { InvalidArgumentError } from 'commander';
import type { Within } from './within.ts';

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 64)
    throw new InvalidArgumentError('give a whole number from 1 to 64');
  return number;
}

/** A worker outlives a promise of its users' functions that nobody awaits, and drains faster where it collects less often. */
const workers = { stray: 'is logged', garbageBytes: 32 * 2 ** 20 } as const;

export function addServices({ parent, examples }: Within): void {
  const start = parent
    .command('start')
    .description('runs everything: an embedded Kafka, registry and MongoDB where none is given, then the services')
    .option('--workers <number>', 'worker processes', count, 1)
    .option('--fresh', 'deletes the data directory first')
    .action(async (options: { workers: number; fresh?: boolean }) => {
      const { start: startAll } = await import('./start.ts');
      process.exit(await startAll(options));
    });
  examples.give(
    start,
    ['putlog start', 'all of it on this machine, at http://localhost:3000'],
    ['putlog start --workers 2 --fresh', 'with two workers, and nothing in the log'],
  );

  const service = (name: string, about: string) => {
    const command = parent
      .command(name)
      .description(`${about}; configured by environment variables (docs/configuration.md)`);
    examples.give(command, [`putlog ${name}`, 'start more of it to have more of it']);
    return command;
  };
  // What they are made of is loaded by them alone.
  const platform = () => import('../platform/service.ts');
  service('api', 'accepts jobs and answers for them over HTTP').action(async () => {
    const { startApi } = await import('../producer/main.ts');
    const { runService } = await platform();
    await runService('api', process.env, startApi);
  });
  service('worker', 'runs jobs').action(async () => {
    const { startWorker } = await import('../consumer/main.ts');
    const { openSnapshots } = await import('../projections/open-snapshots.ts');
    const { runService } = await platform();
    await runService('worker', process.env, (...how) => startWorker(openSnapshots, ...how), workers);
  });
  service('projector', 'keeps job status in MongoDB up to date').action(async () => {
    const { startProjector } = await import('../projections/main.ts');
    const { runService } = await platform();
    await runService('projector', process.env, startProjector);
  });
}
