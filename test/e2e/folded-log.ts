// What lists of jobs must say of an earlier moment, from the log alone and not with the projection's own code: for tests that compare.
import { inject } from 'vitest';
import { jobStatusBody } from '../../schemas/job-status-body.ts';
import { foldLog } from '../faults/fold.ts';
import { createLogReader, type LoggedEvent } from '../faults/reader.ts';
import type { Answer } from './api.ts';

/** Of an event, whether it had happened. */
export type Counts = (event: LoggedEvent) => boolean;

export type FoldedLog = Awaited<ReturnType<typeof readFoldedLog>>;

/** Of what is in the log now. Times in milliseconds since the epoch. */
export async function readFoldedLog(prefix: string) {
  const { brokers, registryUrl } = inject('stack');
  const reader = createLogReader({ kafka: brokers, registryUrl, prefix });
  const { commands, events } = await reader.readOn();
  await reader.close();
  const told = [...commands.map(({ command }) => command?.submittedAt ?? 0), ...events.map(({ event }) => event.at)];
  const times = [...new Set(told)].toSorted((a, b) => a - b);

  /** The bodies of jobs, newest first: of what was asked for up to `time`, and of the events that count. */
  function until(time: number, counts: Counts): Answer['body'][] {
    const jobs = foldLog({
      commands: commands.filter(({ command }) => command !== undefined && command.submittedAt <= time),
      events: events.filter(counts),
    });
    const newest = [...jobs.values()].toSorted((a, b) => b.createdAt - a.createdAt || (a._id < b._id ? 1 : -1));
    return newest.map((job) => JSON.parse(jobStatusBody(job)));
  }

  return {
    events,
    until,
    at: (time: number) => until(time, ({ event }) => event.at <= time),
    /** The time at which this part, from 0 to 1, of all that was told had been told. */
    share: (part: number) => times[Math.floor((times.length - 1) * part)] ?? 0,
    /** The time in the middle of all events of this kind. */
    middleOf(kind: string): number {
      const some = events.flatMap(({ event }) => (event.kind === kind ? [event.at] : [])).toSorted((a, b) => a - b);
      const middle = some[Math.floor(some.length / 2)];
      if (middle === undefined) throw new Error(`the log has no event of the kind ${kind}`);
      return middle;
    },
  };
}
