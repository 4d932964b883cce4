// The commands `putlog erase | rewrap`: options in, lines out. They write to MongoDB themselves, as whoever may erase is nobody who calls.
import { createInterface } from 'node:readline/promises';
import { isSubject, subjectRule } from '../schemas/personal-fields.ts';
import { jsonOption } from './api.ts';
import { askDirectly } from './ask-directly.ts';
import type { OpenErasing } from './erasing.ts';
import { UsageError } from './exit-code.ts';
import { jsonText, shown } from './shown.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

type Erase = { subject: string; yes?: true; json?: true };

/** MongoDB that does not answer is waited for so long (milliseconds). */
const patience = 60_000;

async function agreed({ isTerminal, input, err }: Terminal, subject: string): Promise<boolean> {
  if (!isTerminal)
    throw new UsageError('give --yes: nobody is here to be asked, and what is erased does not come back');
  err(`The personal fields of ${shown(subject)} will read [erased], for ever. Type yes to go on:`);
  const lines = createInterface({ input: input() });
  try {
    for await (const line of lines) return line.trim() === 'yes';
    return false;
  } finally {
    lines.close();
  }
}

export function addErase({ parent, terminal, examples }: Within): void {
  const run = (ask: (opened: OpenErasing) => Promise<string[]>) =>
    askDirectly(
      {
        ...{ terminal, patience },
        silent: 'MongoDB does not answer; it may have been done all the same: run it again',
        // Only now: no other command needs it.
        open: async (config) => (await import('./erasing.ts')).openErasing(config),
      },
      ask,
    );

  const erase = parent
    .command('erase')
    .description(
      'drops the key of a subject: its personal fields read [erased] from then on, in the log too; takes five seconds (docs/retention.md)',
    )
    .requiredOption('--subject <subject>', 'as payloads name it')
    .option('--yes', 'without asking')
    .addOption(jsonOption())
    .action(async ({ subject, yes, json }: Erase) => {
      if (!isSubject(subject)) throw new UsageError(`a subject is ${subjectRule}`);
      if (!yes && !(await agreed(terminal, subject))) throw new Error('nothing was erased');
      await run(async (opened) => {
        const erased = await opened.erase(subject);
        if (json) return [jsonText({ subject, erased })];
        return erased
          ? [`${shown(subject)}: its key is dropped, and no process uses it any more`]
          : [`nothing is known of ${shown(subject)}: it has no key, or none any more`];
      });
    });
  const rewrap = parent
    .command('rewrap')
    .description('wraps the keys of all subjects with the first key of PUTLOG_PERSONAL_KEY, so that the others can go')
    .addOption(jsonOption())
    .action(({ json }: { json?: true }) =>
      run(async (opened) => {
        const done = await opened.rewrap();
        return [json ? jsonText(done) : `${done.rewrapped} keys are wrapped with "${shown(done.by)}" now`];
      }),
    );
  examples.give(
    erase,
    ['putlog erase --subject customer-7', 'somebody wants to be forgotten; asks once more'],
    ['putlog erase --subject customer-7 --yes --json', 'for a script'],
  );
  examples.give(rewrap, ['putlog rewrap', 'after a new key was put in front of PUTLOG_PERSONAL_KEY']);
}
