// `putlog watch`: the queues and what happens to jobs, live: a table that is drawn over on a terminal, lines otherwise. It ends with ^C.
import { setTimeout as delay } from 'node:timers/promises';
import type { JobStatus } from '../client/job.ts';
import { type ApiOptions, openApi, withApi } from './api.ts';
import { createBoard } from './board.ts';
import { type HeardEvent, hearEvents } from './event-stream.ts';
import { eventLine } from './events-command.ts';
import { isSilence } from './exit-code.ts';
import { type Queue, readQueues } from './queue-commands.ts';
import { createScreen } from './screen.ts';
import { jsonText, shown } from './shown.ts';
import { spanOption } from './span.ts';
import type { Terminal } from './terminal.ts';
import type { Within } from './within.ts';

type Watch = ApiOptions & { type?: string; interval: number };

/** What is told of; `close` leaves the terminal as it was. */
type View = {
  queues: (found: readonly Queue[]) => void;
  event: (event: HeardEvent) => void;
  jobs: (jobs: readonly JobStatus[]) => void;
  trouble: (what: string | undefined) => void;
  close: () => void;
};

/** Between two drawings (milliseconds). */
const frame = 250;

function boardView({ url }: Watch, terminal: Terminal): View {
  const board = createBoard(`putlog watch ${url}`);
  const screen = createScreen(terminal);
  let width = terminal.columns();
  const drawNow = () => {
    if (terminal.columns() !== width) screen.resized();
    width = terminal.columns();
    screen.show(board.lines(terminal, Date.now()));
  };
  const timer = setInterval(drawNow, frame);
  return {
    ...{ queues: board.waiting, event: board.heard, jobs: board.known, trouble: board.trouble },
    close() {
      clearInterval(timer);
      drawNow();
      screen.close();
    },
  };
}

const queueLine = ({ name, depth, paused }: Queue, at: string) =>
  `${at}  queue ${shown(name)}  ${depth} waiting${paused ? ', paused' : ''}`;

/** A line for each event, and for each queue of which something has changed. */
function lineView({ json }: Watch, { out, err, colours }: Terminal): View {
  const last = new Map<string, string>();
  return {
    queues(found) {
      for (const queue of found) {
        const said = `${queue.depth} ${queue.paused}`;
        if (last.get(queue.name) === said) continue;
        last.set(queue.name, said);
        const at = new Date().toISOString();
        out(json ? jsonText({ at, queue }) : queueLine(queue, at));
      }
    },
    event: (event) => out(json ? jsonText({ at: event.at, event }) : eventLine(event, colours)),
    jobs: () => undefined,
    trouble: (what) => what !== undefined && err(shown(what)),
    close: () => undefined,
  };
}

async function watch(options: Watch, terminal: Terminal): Promise<void> {
  const { type, interval } = options;
  const interrupted = terminal.interrupted();
  const over = new AbortController();
  const signal = AbortSignal.any([interrupted, over.signal]);
  const api = openApi(options, terminal);
  // Whoever cannot be asked at all says so, and nothing is drawn.
  const first = await readQueues(api, signal);
  const view = terminal.isTerminal && !options.json ? boardView(options, terminal) : lineView(options, terminal);

  async function queues() {
    for (let found = first; !signal.aborted; ) {
      view.queues(found);
      await delay(interval, undefined, { signal });
      try {
        found = await readQueues(api, signal);
        view.trouble(undefined);
      } catch (error) {
        if (!isSilence(error)) throw error;
        view.trouble('the API does not answer; waiting for it');
      }
    }
  }
  async function events() {
    const jobs: JobStatus[] = [];
    for await (const job of api.client.list({ ...(type !== undefined && { type }), pageSize: 20, signal })) {
      jobs.push(job);
      if (jobs.length === 20) break;
    }
    view.jobs(jobs);
    const told = { signal, interrupted: (why: string) => view.trouble(`the events broke off: ${why}`) };
    while (!signal.aborted) {
      try {
        for await (const event of hearEvents(api, { type }, told)) view.event(event);
      } catch (error) {
        if (!isSilence(error)) throw error;
        await delay(interval, undefined, { signal });
      }
    }
  }
  try {
    await Promise.all([queues(), events()]);
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    over.abort();
    view.close();
  }
}

export function addWatch({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('watch')
    .description('shows queues and jobs as they change, until ^C; lines where nobody looks');
  withApi(command)
    .option('--type <type>', 'jobs of this type, or of these, separated by commas')
    .option('--interval <span>', 'how often the queues are asked about', spanOption, 1_000)
    .action((options: Watch) => watch(options, terminal));
  examples.give(
    command,
    ['putlog watch', 'a table that keeps up'],
    ['putlog watch --type demo.echo --json', 'a line of JSON for each event, and each change of a queue'],
  );
}
