// What `putlog watch` shows: the queues, and the jobs of which something was heard last. It keeps no more than it shows.
import type { JobStatus } from '../client/job.ts';
import { type JobState, jobStates } from '../schemas/job-status.ts';
import { stateStyle } from './describe-job.ts';
import type { HeardEvent } from './event-stream.ts';
import { type Queue, queueTable } from './queue-commands.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';
import { cut, table } from './table.ts';
import type { Terminal } from './terminal.ts';

type Row = { job: string; state: JobState; at: number; attempt: number; detail: string };

const most = 100;

const stateOf = (kind: string): JobState | undefined => {
  if (kind === 'started' || kind === 'progressed') return 'running';
  if (kind === 'dead') return 'failed';
  return jobStates.find((state) => state === kind);
};

function detailOf({ error, progress }: Readonly<Record<string, unknown>>): string {
  if (typeof error === 'object' && error !== null && 'detail' in error) return String(error.detail);
  return progress === undefined ? '' : jsonText(progress);
}

/** @param about what is watched, in a line above all */
export function createBoard(about: string) {
  const rows = new Map<string, Row>();
  let queues: readonly Queue[] = [];
  let trouble: string | undefined;

  function keep(row: Row) {
    // The latest is the last.
    rows.delete(row.job);
    rows.set(row.job, row);
    const [oldest] = rows.keys();
    if (rows.size > most && oldest !== undefined) rows.delete(oldest);
  }

  return {
    heard(event: HeardEvent): void {
      const state = stateOf(event.kind);
      if (state === undefined) return;
      keep({ job: event.job, state, at: Date.parse(event.at), attempt: event.attempt, detail: detailOf(event) });
    },
    /** Of before it was watched; the newest first. */
    known(jobs: readonly JobStatus[]): void {
      for (const { type, id, state, updatedAt, attempt, ...rest } of jobs.toReversed())
        keep({ job: `${type}/${id}`, state, at: Date.parse(updatedAt), attempt, detail: detailOf({ ...rest }) });
    },
    waiting(found: readonly Queue[]): void {
      queues = found;
    },
    /** Undefined: all is well again. */
    trouble(what: string | undefined): void {
      trouble = what;
    },
    /** As many as there are; the screen takes what fits. @param now milliseconds since the epoch */
    lines({ colours, columns }: Pick<Terminal, 'colours' | 'columns'>, now: number): string[] {
      const time = new Date(now).toISOString().slice(11, 19);
      const said = trouble === undefined ? '' : `  ${shown(trouble)}`;
      const jobs = [...rows.values()]
        .toReversed()
        .map(({ job, state, at, attempt, detail }) => [
          ...[`${spanText(now - at)} ago`, { text: state, style: stateStyle(state) }, job, attempt, detail],
        ]);
      return [
        cut(`${shown(about)}  ${time}Z  ^C ends${said}`, columns()),
        '',
        ...queueTable(queues, { colours, columns }, now),
        '',
        ...table(['SINCE', 'STATE', 'JOB', 'ATTEMPT', 'DETAIL'], jobs, { colours, columns: columns(), right: [3] }),
      ];
    },
  };
}
