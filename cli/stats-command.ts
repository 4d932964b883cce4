// `putlog stats`: what the API counts.
import { type ApiOptions, openApi, withApi } from './api.ts';
import { queryText } from './event-stream.ts';
import { jsonText } from './shown.ts';
import { momentText } from './span.ts';
import { type Cell, table } from './table.ts';
import type { Within } from './within.ts';

type Stats = ApiOptions & { type?: string; from?: string; to?: string; step?: string };

/** Its numbers by the names that lead to them; a long list is counted. */
function* numbersIn(value: unknown, name = ''): Generator<[name: string, value: Cell]> {
  if (Array.isArray(value) && value.length > 20) yield [name, `${value.length} entries; --json shows them`];
  else if (typeof value === 'object' && value !== null)
    for (const [member, inside] of Object.entries(value)) yield* numbersIn(inside, name ? `${name}.${member}` : member);
  else yield [name, typeof value === 'number' ? value : String(value)];
}

export function addStats({ parent, terminal, examples }: Within): void {
  const command = parent.command('stats').description('shows what is counted of all jobs, or of a type and a time');
  withApi(command)
    .option('--type <type>', 'of this job type')
    .option('--from <time>', 'from then on: RFC 3339, or so long ago (1h)')
    .option('--to <time>', 'before then')
    .option('--step <step>', 'one by one: 1m, 1h or 1d')
    .action(async (options: Stats) => {
      const { type, from, to, step } = options;
      const now = Date.now();
      const query = queryText({
        ...{ type, step, from: from && momentText(from, now), to: to && momentText(to, now) },
      });
      const { body } = await openApi(options, terminal).ask({
        ...{ method: 'GET', path: `stats${query}`, repeatable: 'always' },
      });
      if (options.json) terminal.out(jsonText(body));
      else
        for (const line of table(['COUNTED', 'NUMBER'], [...numbersIn(body)], {
          ...{ colours: terminal.colours, columns: terminal.columns(), right: [1] },
        }))
          terminal.out(line);
    });
  examples.give(
    command,
    ['putlog stats', 'how many jobs are in which state'],
    ['putlog stats --type demo.echo --from 1h --json', 'of a type, within the last hour'],
  );
}
