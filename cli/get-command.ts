// `putlog get`: what is known of a job, or was at an earlier moment.
import { type ApiOptions, openApi, withApi } from './api.ts';
import { tellJob } from './describe-job.ts';
import { UsageError } from './exit-code.ts';
import { idArgument, jobArgument, jobNameOf } from './job-name.ts';
import { momentText, spanOption } from './span.ts';
import { firstWait, untilOver } from './wait-for-end.ts';
import type { Within } from './within.ts';

type Get = ApiOptions & { wait?: number; at?: string };

export function addGet({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('get')
    .description('shows a job: its state, its result, or why it failed')
    .argument('<job>', jobArgument)
    .argument('[id]', idArgument);
  withApi(command)
    .option('--wait <span>', 'wait for its end, at most so long', spanOption)
    .option('--at <moment>', 'as it was: a time (RFC 3339), so long ago (5m), or a position of the log')
    .action(async (type: string, id: string | undefined, options: Get) => {
      const { wait, at, json } = options;
      if (wait !== undefined && at !== undefined)
        throw new UsageError('--at tells what was: there is nothing to --wait for');
      const name = jobNameOf(type, id);
      const { client } = openApi(options, terminal);
      if (at !== undefined)
        return tellJob(await client.get(name, { at: momentText(at, Date.now()) }), terminal, {
          ...{ json: json === true, waited: false },
        });
      const deadline = performance.now() + (wait ?? 0);
      const job = await client.get(name, { wait: firstWait(wait) });
      const last = wait === undefined ? job : await untilOver(client, job, deadline);
      tellJob(last, terminal, { json: json === true, waited: wait !== undefined });
    });
  examples.give(
    command,
    ['putlog get demo.echo/42', 'what is known of it now'],
    ['putlog get demo.echo 42 --wait 1m --json', 'once it is over, as JSON'],
    ['putlog get demo.echo/42 --at 2026-11-21T08:00:00Z', 'as it was then; --at 5m is five minutes ago'],
    ['putlog get demo.echo/42 --at putlog.events/3@1742', 'as it was with that record of the log'],
  );
}
