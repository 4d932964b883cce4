// The JSON of a job's status, as PUT and GET answer it. `result` and `error` are JSON text that was recorded once; they are
// passed on byte for byte, so no number or key order changes on the way. By hand, because every PUT answers one.

import { jobLinks } from './job-links.ts';
import { type JobDocument, jobKey } from './job-status.ts';
import { positionText } from './position.ts';

/** Where a job's status is. */
export const jobStatusLink = (type: string, id: string): string => `/jobs/${type}/${id}`;
/** `name` is `<type>/<id>`. */
export const jobLink = (name: string): string => `/jobs/${name}`;
export const scheduleLink = (id: string): string => `/schedules/${id}`;

const iso = (at: number): string => new Date(at).toISOString();
const time = (name: string, at: number | null) => (at === null ? '' : `,"${name}":"${iso(at)}"`);
const verbatim = (name: string, text: string | null) => (text === null ? '' : `,"${name}":${text}`);

/** Times are RFC 3339 in UTC; a member that is not known (yet) is absent. Ids and types need no escapes: their alphabet. */
export function jobStatusBody(job: JobDocument): string {
  const { type, id, state, generation, attempt, createdAt, updatedAt } = job;
  const key = job.key === jobKey(type, id) ? `"${job.key}"` : JSON.stringify(job.key);
  const created = iso(createdAt);
  const worker = job.worker === null ? null : JSON.stringify(job.worker);
  return (
    `{"type":"${type}","id":"${id}","state":"${state}","generation":${generation},"attempt":${attempt},"key":${key}` +
    `,"createdAt":"${created}"${time('startedAt', job.startedAt)}${time('finishedAt', job.finishedAt)}` +
    // What was written before there were timers has none.
    time('dueAt', job.dueAt ?? null) +
    `,"updatedAt":"${updatedAt === createdAt ? created : iso(updatedAt)}"${verbatim('worker', worker)}` +
    verbatim('progress', job.progress ?? null) +
    `,"position":"${positionText(job.command)}"${job.options ? jobLinks(job, job.options) : ''}${verbatim('result', job.result)}${verbatim('error', job.error)}}`
  );
}

/** A strong validator (RFC 9110 §8.8): it changes whenever a record or a write changed what is known of the job. */
export function jobEntityTag(job: JobDocument): string {
  const { partition, offset } = job.command;
  return `"${partition}.${offset}.${job.eventOffset}.${job.updatedAt.toString(36)}"`;
}
