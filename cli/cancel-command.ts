// `putlog cancel`: asks for the end of a job.

import { isFinished } from '../client/job.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { describeJob } from './describe-job.ts';
import { idArgument, jobArgument, jobNameOf } from './job-name.ts';
import { jsonText } from './shown.ts';
import { spanOption } from './span.ts';
import { untilOver } from './wait-for-end.ts';
import type { Within } from './within.ts';

type Cancel = ApiOptions & { wait?: number };

export function addCancel({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('cancel')
    .description('asks for the end of a job, wherever it is: waiting, or running in any worker')
    .argument('<job>', jobArgument)
    .argument('[id]', idArgument);
  withApi(command)
    .option('--wait <span>', 'wait for its end, at most so long: what comes first counts', spanOption)
    .action(async (type: string, id: string | undefined, options: Cancel) => {
      const name = jobNameOf(type, id);
      const { client } = openApi(options, terminal);
      const deadline = performance.now() + (options.wait ?? 0);
      const asked = await client.cancel(name);
      const job = options.wait === undefined ? asked : await untilOver(client, asked, deadline);
      terminal.out(options.json === true ? jsonText(job) : describeJob(job, terminal));
      // Whatever end it came to, there is nothing left to cancel.
      if (options.wait !== undefined && !isFinished(job)) terminal.endWith(4);
    });
  examples.give(
    command,
    ['putlog cancel demo.sleep/long', 'ask for its end'],
    ['putlog cancel demo.sleep/long --wait 10s', 'and see which end it came to'],
  );
}
