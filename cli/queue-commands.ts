// `putlog queues`: what waits in each, what is paused; pausing and going on.
import type { Connection } from '../client/connection.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

/** As the API tells it; times are RFC 3339. */
export type Queue = {
  name: string;
  types: string[];
  paused: boolean;
  pausedAt?: string;
  depth: number;
  oldestAt?: string;
};

/** @throws ProblemError, ConnectionError, the signal's reason */
export async function readQueues({ ask }: Pick<Connection, 'ask'>, signal?: AbortSignal): Promise<Queue[]> {
  const { body } = await ask({ method: 'GET', path: 'queues', repeatable: 'always', signal });
  return (body as { queues: Queue[] }).queues;
}

const since = (time: string | undefined, now: number) =>
  time === undefined ? undefined : spanText(now - Date.parse(time));

/** Lines; the head first. @param now milliseconds since the epoch */
export const queueTable = (
  queues: readonly Queue[],
  { colours, columns }: Pick<Terminal, 'colours' | 'columns'>,
  now = Date.now(),
): string[] =>
  table(
    ['QUEUE', 'DEPTH', 'OLDEST', 'STATE', 'TYPES'],
    queues.map(({ name, types, paused, pausedAt, depth, oldestAt }) => [
      ...[name, depth, since(oldestAt, now)],
      paused ? { text: `paused for ${since(pausedAt, now)}`, style: 'yellow' as const } : 'open',
      types.join(','),
    ]),
    { colours, columns: columns(), right: [1] },
  );

export function addQueues({ parent, terminal, examples }: Within): void {
  const queues = parent.command('queues').description('shows what waits in each queue; pauses, and lets go on');

  const list = queues.command('list', { isDefault: true }).description('what waits in each queue');
  withApi(list).action(async (options: ApiOptions) => {
    const found = await readQueues(openApi(options, terminal));
    if (options.json) for (const queue of found) terminal.out(jsonText(queue));
    else for (const line of queueTable(found, terminal)) terminal.out(line);
  });
  examples.give(list, ['putlog queues', 'depth, age of the oldest, paused or open']);

  for (const [verb, about, done] of [
    ['pause', 'begins nothing more of a queue; what runs goes on, and accepting too', 'paused'],
    ['resume', 'lets a queue that was paused go on', 'open'],
  ] as const) {
    const command = queues.command(verb).description(about).argument('<queue>', 'name of the queue');
    withApi(command).action(async (name: string, options: ApiOptions) => {
      const { ask } = openApi(options, terminal);
      const path = `queues/${encodeURIComponent(name)}/${verb}`;
      const { body } = await ask({ method: 'POST', path, repeatable: 'always' });
      terminal.out(options.json ? jsonText(body) : `${shown(name)} is ${done}`);
    });
    examples.give(command, [`putlog queues ${verb} default`, about]);
  }
  examples.give(
    queues,
    ['putlog queues', 'what waits'],
    ['putlog queues pause default', 'stop everything for a while'],
  );
}
