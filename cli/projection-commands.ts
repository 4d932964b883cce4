// The commands `putlog projections list | reset`: options in, lines out. putlog.ts adds them to the program.
import { Command } from 'commander';
import { askDirectly } from './ask-directly.ts';
import type { OpenProjections, ProjectionStatus } from './projections.ts';

/** What does not answer is waited for so long (milliseconds); many documents take their time. */
const patience = 120_000;

const line = ({ name, documents, behind }: ProjectionStatus): string =>
  `${name}  ${documents} documents  ${behind === 0 ? 'up to date' : `${behind} records behind`}`;

/** `fail` ends the process with a message. */
export function projectionCommands(env: NodeJS.ProcessEnv, fail: (message: string) => never): Command {
  const projections = new Command('projections').description(
    'what is made of the log besides job status (docs/projections.md)',
  );

  const run = (use: (opened: OpenProjections) => Promise<string[]>) =>
    askDirectly(
      {
        ...{ env, fail, patience },
        silent: 'MongoDB or Kafka does not answer; it may have been done all the same',
        // Only now: no other command needs it.
        open: async (config) => (await import('./projections.ts')).openProjections(config),
      },
      () => use,
    );

  projections
    .command('list')
    .description('what there is, how many documents it has, and how much of the log it has not read yet')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) =>
      run(async ({ list }) => {
        const all = await list();
        return json ? [JSON.stringify({ projections: all })] : all.map(line);
      }),
    );
  projections
    .command('reset <name>')
    .description('takes its documents away, and the projector makes them again from the first record of the log')
    .option('--json', 'as JSON')
    .action((name: string, { json }: { json?: boolean }) =>
      run(async ({ reset }) => {
        const documents = await reset(name);
        return [
          json
            ? JSON.stringify({ name, documents })
            : `${name}: ${documents} documents taken away; the projector makes them again from the first record`,
        ];
      }),
    );
  return projections;
}
