// `putlog events`: what happened to a job, what happens to it until it is over, or what happens to all from now on.
import type { Connection } from '../client/connection.ts';
import { type JobName, jobPath } from '../client/job.ts';
import { nextQuery } from '../client/next-page.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { type EventQuery, type HeardEvent, hearEvents } from './event-stream.ts';
import { UsageError } from './exit-code.ts';
import { idArgument, jobArgument, jobNameOf } from './job-name.ts';
import { jsonText, shown } from './shown.ts';
import { type Style, styled } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

type Events = ApiOptions & { follow?: true; type?: string; kind?: string };

const styles: Readonly<Record<string, Style>> = {
  ...{ succeeded: 'green', failed: 'red', dead: 'red', cancelled: 'yellow', retrying: 'yellow', started: 'cyan' },
};

const detailIn = (event: HeardEvent): string => {
  const { error, progress, dueAt, result } = event;
  if (typeof error === 'object' && error !== null && 'detail' in error) return shown(String(error.detail));
  if (progress !== undefined) return jsonText(progress);
  if (typeof dueAt === 'string') return `due ${dueAt}`;
  return result === undefined ? '' : jsonText(result);
};

/** Without colours one line of text. */
export const eventLine = (event: HeardEvent, colours: boolean): string =>
  [
    ...[event.at, styled(event.kind.padEnd(10), styles[event.kind], colours), shown(event.job)],
    ...[`attempt ${event.attempt}`, detailIn(event)],
  ]
    .join('  ')
    .trimEnd();

/** All of its pages. */
async function* historyOf({ ask }: Pick<Connection, 'ask'>, job: JobName): AsyncGenerator<HeardEvent> {
  for (let query: string | undefined = '?limit=1000'; query !== undefined; ) {
    const path = `${jobPath(job)}/events${query}`;
    const { body, headers } = await ask({ method: 'GET', path, repeatable: 'always' });
    yield* body as HeardEvent[];
    query = nextQuery(headers);
  }
}

export function addEvents({ parent, terminal, examples }: Within): void {
  const tell = (event: HeardEvent, { json }: Events, { colours, out }: Terminal) =>
    out(json ? jsonText(event) : eventLine(event, colours));

  async function ofOne(job: JobName, options: Events) {
    const api = openApi(options, terminal);
    if (!options.follow) {
      for await (const event of historyOf(api, job)) tell(event, options, terminal);
      return;
    }
    const signal = terminal.interrupted();
    try {
      for await (const event of api.client.follow(job, { signal })) tell({ ...event }, options, terminal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async function ofMany(options: Events) {
    const signal = terminal.interrupted();
    const interrupted = (why: string) => terminal.err(`the stream broke off, and goes on: ${shown(why)}`);
    const query: EventQuery = { type: options.type, kind: options.kind };
    for await (const event of hearEvents(openApi(options, terminal), query, { signal, interrupted }))
      tell(event, options, terminal);
  }

  const command = parent
    .command('events')
    .description('shows what happened to a job, or, without one, what happens to all from now on, until ^C')
    .argument('[job]', jobArgument)
    .argument('[id]', idArgument);
  withApi(command)
    .option('--follow', 'of a job: also what happens until it is over')
    .option('--type <types>', 'without a job: of these types, separated by commas')
    .option('--kind <kinds>', 'without a job: of these kinds, such as failed,dead')
    .action((type: string | undefined, id: string | undefined, options: Events) => {
      if (type === undefined) return ofMany(options);
      if (options.type !== undefined || options.kind !== undefined)
        throw new UsageError('--type and --kind choose among all events; of one job all are shown');
      return ofOne(jobNameOf(type, id), options);
    });
  examples.give(
    command,
    ['putlog events demo.echo/42', 'its history, from the log'],
    ['putlog events demo.sleep/long --follow', 'until it is over'],
    ['putlog events --kind failed,dead --json', 'whatever fails from now on, a line of JSON each'],
  );
}
