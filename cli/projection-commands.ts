// The commands `putlog projections list | reset`: options in, lines out. They ask MongoDB and Kafka themselves.
import { jsonOption } from './api.ts';
import { askDirectly } from './ask-directly.ts';
import type { OpenProjections } from './projections.ts';
import { jsonText } from './shown.ts';
import { type Cell, table } from './table.ts';
import type { Within } from './within.ts';

/** What does not answer is waited for so long (milliseconds); many documents take their time. */
const patience = 120_000;

const head = ['PROJECTION', 'DOCUMENTS', 'RECORDS BEHIND'];

export function addProjections({ parent, terminal, examples }: Within): void {
  const projections = parent
    .command('projections')
    .description('what is made of the log besides job status (docs/projections.md)');

  const run = (ask: (opened: OpenProjections) => Promise<string[]>) =>
    askDirectly(
      {
        ...{ terminal, patience },
        silent: 'MongoDB or Kafka does not answer; it may have been done all the same',
        // Only now: no other command needs it.
        open: async (config) => (await import('./projections.ts')).openProjections(config),
      },
      ask,
    );

  const list = projections
    .command('list', { isDefault: true })
    .description('what there is, how many documents it has, and how much of the log it has not read yet')
    .addOption(jsonOption())
    .action(({ json }: { json?: boolean }) =>
      run(async (opened) => {
        const all = await opened.list();
        if (json) return [jsonText({ projections: all })];
        const rows = all.map(({ name, documents, behind }): Cell[] => [name, documents, behind]);
        return [...table(head, rows, { colours: terminal.colours, columns: terminal.columns(), right: [1, 2] })];
      }),
    );
  const reset = projections
    .command('reset')
    .description('takes its documents away, and the projector makes them again from the first record of the log')
    .argument('<name>', 'of the projection')
    .addOption(jsonOption())
    .action((name: string, { json }: { json?: boolean }) =>
      run(async (opened) => {
        const documents = await opened.reset(name);
        if (json) return [jsonText({ name, documents })];
        return [`${name}: ${documents} documents taken away; the projector makes them again from the first record`];
      }),
    );
  examples.give(list, ['putlog projections list', 'are they up to date?']);
  examples.give(reset, ['putlog projections reset statistics', 'after its file was changed']);
  examples.give(projections, ['putlog projections list', 'are they up to date?']);
}
