// `putlog schedules`: calls that are made again and again.
import { Option } from 'commander';
import { nextQuery } from '../client/next-page.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { UsageError } from './exit-code.ts';
import { readPayload } from './payload.ts';
import { jsonText, shown } from './shown.ts';
import { table } from './table.ts';
import type { Within } from './within.ts';

type Schedule = {
  id: string;
  cron: string;
  timeZone: string;
  type: string;
  paused: boolean;
  next: string[];
  last?: { at: string; job: string };
};
type Put = ApiOptions & {
  cron?: string;
  timeZone?: string;
  type?: string;
  payload?: string;
  key?: string;
  overlap?: string;
  missed?: string;
  paused?: true;
};

const rowOf = ({ id, cron, timeZone, type, paused, next, last }: Schedule) => [
  ...[id, cron, timeZone, type],
  paused ? { text: 'paused', style: 'yellow' as const } : next[0],
  last?.job,
];

export function addSchedules({ parent, terminal, examples }: Within): void {
  const schedules = parent.command('schedules').description('shows and changes what runs at set times');
  const pathOf = (id: string) => `schedules/${encodeURIComponent(id)}`;
  const tell = (body: unknown, { json }: ApiOptions) => {
    const schedule = body as Schedule;
    terminal.out(
      json
        ? jsonText(schedule)
        : shown(`${schedule.id}: ${schedule.paused ? 'paused' : `next at ${schedule.next[0] ?? 'no time'}`}`),
    );
  };

  const list = schedules.command('list', { isDefault: true }).description('all of them, with their next times');
  withApi(list).action(async (options: ApiOptions) => {
    const { ask } = openApi(options, terminal);
    const found: Schedule[] = [];
    for (let query: string | undefined = '?limit=500'; query !== undefined; ) {
      const { body, headers } = await ask({ method: 'GET', path: `schedules${query}`, repeatable: 'always' });
      found.push(...(body as { schedules: Schedule[] }).schedules);
      query = nextQuery(headers);
    }
    if (options.json) for (const one of found) terminal.out(jsonText(one));
    else
      for (const line of table(['SCHEDULE', 'CRON', 'TIME ZONE', 'TYPE', 'NEXT', 'LAST'], found.map(rowOf), {
        ...{ colours: terminal.colours, columns: terminal.columns() },
      }))
        terminal.out(line);
  });
  examples.give(list, ['putlog schedules', 'when each runs next, and its last job']);

  const get = schedules.command('get').description('one of them, as JSON').argument('<id>', 'its name');
  withApi(get).action(async (id: string, options: ApiOptions) => {
    const { body } = await openApi(options, terminal).ask({
      ...{ method: 'GET', path: pathOf(id), repeatable: 'always' },
    });
    terminal.out(jsonText(body));
  });
  examples.give(get, ['putlog schedules get nightly', 'its times, its payload, its last job']);

  const put = schedules
    .command('put')
    .description('makes one, or changes it')
    .argument('<id>', 'its name')
    .argument('[schedule]', 'all of it as JSON, @file or -, in place of the options');
  withApi(put)
    .option('--cron <expression>', 'five fields, or six with the second first')
    .option('--time-zone <name>', 'IANA name; UTC unless told')
    .option('--type <type>', 'job type')
    .option('--payload <payload>', 'of each of its jobs: JSON, @file or -')
    .option('--key <key>', 'ordering key of its jobs')
    .addOption(
      new Option('--overlap <what>', 'when the job before is not over').choices(['queue', 'skip', 'cancel-old']),
    )
    .addOption(new Option('--missed <what>', 'of times that nobody was there for').choices(['one', 'all', 'skip']))
    .option('--paused', 'no time runs, until it is put again without')
    .action(async (id: string, whole: string | undefined, options: Put) => {
      const { url: _url, json: _json, payload, ...told } = options;
      const parts = Object.keys(told).length + (payload === undefined ? 0 : 1);
      if ((whole === undefined) === (parts === 0))
        throw new UsageError('give all of it as JSON, or by --cron, --type and --payload');
      const body =
        whole === undefined
          ? { ...told, ...(payload !== undefined && { payload: await readPayload(payload, terminal) }) }
          : await readPayload(whole, terminal);
      const answer = await openApi(options, terminal).ask({
        ...{ method: 'PUT', path: pathOf(id), body: JSON.stringify(body), repeatable: 'always' },
        headers: { 'content-type': 'application/json' },
      });
      tell(answer.body, options);
    });
  examples.give(
    put,
    [
      `putlog schedules put nightly --cron '0 3 * * *' --time-zone Europe/Berlin --type demo.echo --payload '{"n":1,"text":"good night"}'`,
      'each night at three',
    ],
    ['putlog schedules put nightly @nightly.json', 'all of it from a file'],
  );

  const remove = schedules
    .command('delete')
    .description('ends one; the jobs that it has made stay')
    .argument('<id>', 'its name');
  withApi(remove).action(async (id: string, options: ApiOptions) => {
    await openApi(options, terminal).ask({ method: 'DELETE', path: pathOf(id), repeatable: 'always' });
    terminal.out(options.json ? jsonText({ id, deleted: true }) : `${shown(id)} is deleted`);
  });
  examples.give(remove, ['putlog schedules delete nightly', 'no more of it']);
  examples.give(schedules, ['putlog schedules', 'all of them'], ['putlog schedules get nightly', 'one of them']);
}
