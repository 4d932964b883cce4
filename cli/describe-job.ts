// A job's status as people read it: a line for its name and state, and one for each thing that is known of it.
import { isFinished, type JobStatus } from '../client/job.ts';
import type { JobState } from '../schemas/job-status.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';
import { type Style, styled } from './table.ts';
import type { Terminal } from './terminal.ts';

const styles: Record<JobState, Style> = {
  ...{ scheduled: 'dim', queued: 'dim', running: 'cyan', retrying: 'yellow' },
  ...{ succeeded: 'green', failed: 'red', cancelled: 'yellow' },
} as const;

export const stateStyle = (state: JobState): Style | undefined => styles[state];

/** How long a run took; undefined: it has not begun, or goes on. Times are RFC 3339. */
export function tookOf({ startedAt, finishedAt }: Pick<JobStatus, 'startedAt' | 'finishedAt'>): string | undefined {
  if (startedAt === undefined || finishedAt === undefined) return undefined;
  return spanText(Date.parse(finishedAt) - Date.parse(startedAt));
}

/** @param now milliseconds since the epoch */
const agoText = (time: string, now: number): string => `${time} (${spanText(now - Date.parse(time))} ago)`;

function* known(job: JobStatus, now: number): Generator<readonly [name: string, value: string | undefined]> {
  yield ['attempt', `${job.attempt}${job.generation > 0 ? `, generation ${job.generation}` : ''}`];
  if (job.key !== `${job.type}/${job.id}`) yield ['key', shown(job.key)];
  yield ['created', agoText(job.createdAt, now)];
  if (job.dueAt !== undefined) yield ['due', job.dueAt];
  if (job.startedAt !== undefined) yield ['started', agoText(job.startedAt, now)];
  if (job.finishedAt !== undefined) yield ['finished', agoText(job.finishedAt, now)];
  yield ['took', tookOf(job)];
  if (job.worker !== undefined) yield ['worker', shown(job.worker)];
  if (job.progress !== undefined) yield ['progress', jsonText(job.progress)];
  yield ['position', shown(job.position)];
  for (const [name, link] of Object.entries(job.links ?? {})) yield [shown(name), shown(link)];
  if (job.state === 'succeeded') yield ['result', jsonText(job.result)];
  else if (job.error !== undefined) yield ['error', shown(`${job.error.detail} (${job.error.code})`)];
}

export function describeJob(job: JobStatus, { colours }: Pick<Terminal, 'colours'>, now = Date.now()): string {
  const title = `${shown(`${job.type}/${job.id}`)}  ${styled(job.state, stateStyle(job.state), colours)}`;
  const lines = [...known(job, now)].flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(10)}${value}`],
  );
  return [title, ...lines].join('\n');
}

/** Writes it, and decides what the process ends with where its end was waited for. */
export function tellJob(
  job: JobStatus,
  terminal: Terminal,
  { json, waited }: { json: boolean; waited: boolean },
): void {
  terminal.out(json ? jsonText(job) : describeJob(job, terminal));
  if (!waited) return;
  if (!isFinished(job)) terminal.endWith(4);
  else if (job.state !== 'succeeded') terminal.endWith(1);
}
