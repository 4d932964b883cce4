// `putlog list`: jobs, newest first, as they are or as they were.
import { InvalidArgumentError, Option } from 'commander';
import type { JobStatus } from '../client/job.ts';
import { type JobState, jobStates } from '../schemas/job-status.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { stateStyle, tookOf } from './describe-job.ts';
import { showSnapshot } from './show-snapshot.ts';
import { jsonText } from './shown.ts';
import { momentText, spanText } from './span.ts';
import { type Cell, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

type List = ApiOptions & {
  type?: string;
  state?: JobState[];
  after?: string;
  before?: string;
  key?: string;
  at?: string;
  snapshot?: string;
  limit: number;
};

/** How long a list as it was can be read again (milliseconds). */
const keepMs = 3_600_000;

const isState = (text: string): text is JobState => jobStates.some((state) => state === text);

function statesOption(typed: string): JobState[] {
  const states = typed.split(',').filter(isState);
  if (states.length === typed.split(',').length) return states;
  throw new InvalidArgumentError(`Give one or more of ${jobStates.join(',')}.`);
}

/** How many, for commands that list. */
export function limitOption(typed: string): number {
  if (typed === 'all') return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError('Give a whole number from 1 on, or all.');
}

const head = ['STATE', 'JOB', 'ATTEMPT', 'CREATED', 'TOOK', 'ERROR'];

function rowOf(job: JobStatus, now: number): Cell[] {
  const error = 'error' in job ? job.error?.detail : undefined;
  return [
    ...[{ text: job.state, style: stateStyle(job.state) }, `${job.type}/${job.id}`, job.attempt],
    ...[`${spanText(now - Date.parse(job.createdAt))} ago`, tookOf(job), error],
  ];
}

/** Lines; the head first. */
const jobTable = (jobs: readonly JobStatus[], { colours, columns }: Pick<Terminal, 'colours' | 'columns'>) =>
  table(
    head,
    jobs.map((job) => rowOf(job, Date.now())),
    { colours, columns: columns(), right: [2] },
  );

/** Has the list as it was built, and says how it is read again. @returns its name; undefined: ^C came before it was there */
async function snapshotAt(at: string, { type, ...options }: List, terminal: Terminal): Promise<string | undefined> {
  const signal = terminal.interrupted();
  const { told, end } = showSnapshot(process.stderr);
  try {
    const types = type === undefined ? {} : { types: [type] };
    const { client } = openApi(options, terminal);
    const built = await client.snapshot(momentText(at, Date.now()), { ...types, keep: keepMs, told, signal });
    end();
    terminal.err(`as of ${built.at}; until ${built.expiresAt} also: putlog list --snapshot ${built.snapshot}`);
    return built.snapshot;
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.endWith(1);
    return undefined;
  } finally {
    end();
  }
}

export function addList({ parent, terminal, examples }: Within): void {
  const command = parent.command('list').description('lists jobs, newest first');
  withApi(command)
    .option('--type <type>', 'of this job type')
    .addOption(new Option('--state <states>', 'in one of these states, separated by commas').argParser(statesOption))
    .option('--after <time>', 'created then or later: RFC 3339, or so long ago (1h)')
    .option('--before <time>', 'created before then')
    .option('--key <key>', 'with this ordering key')
    .addOption(
      new Option(
        '--at <moment>',
        'as they were: a time (RFC 3339), so long ago (5m), or a position of the log; reads the log up to there',
      ).conflicts('snapshot'),
    )
    .option('--snapshot <id>', 'as they were: what an earlier --at, or a job of putlog.snapshot, has built')
    .addOption(new Option('--limit <number>', 'at most so many, or all').default(20).argParser(limitOption))
    .action(async (options: List) => {
      const { type, state, after, before, key, at, limit, json } = options;
      const snapshot = at === undefined ? options.snapshot : await snapshotAt(at, options, terminal);
      if (at !== undefined && snapshot === undefined) return;
      const { client } = openApi(options, terminal);
      const now = Date.now();
      const filter = {
        ...{
          pageSize: Math.min(limit, 500),
          ...(type !== undefined && { type }),
          ...(state !== undefined && { state }),
        },
        ...(after !== undefined && { createdAfter: momentText(after, now) }),
        ...(before !== undefined && { createdBefore: momentText(before, now) }),
        ...(key !== undefined && { key }),
        ...(snapshot !== undefined && { snapshot }),
        // Once it was asked for, ^C no longer ends the process by itself.
        ...(at !== undefined && { signal: terminal.interrupted() }),
      };
      const jobs: JobStatus[] = [];
      let count = 0;
      for await (const job of client.list(filter)) {
        // A table must know all of its cells; JSON is told as it comes.
        if (json) terminal.out(jsonText(job));
        else jobs.push(job);
        count += 1;
        if (count >= limit) break;
      }
      if (!json) for (const line of jobTable(jobs, terminal)) terminal.out(line);
    });
  examples.give(
    command,
    ['putlog list --type demo.echo --state failed,cancelled --after 1h', 'what went wrong within the last hour'],
    ['putlog list --at 1h --state running,retrying', 'what was under way an hour ago'],
    ['putlog list --key customer-7 --limit all --json', 'all of an ordering key, a line of JSON each'],
  );
}
