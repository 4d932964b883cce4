// The JSON of a job's status, as PUT and GET answer it. `result` and `error` are JSON text that was recorded once; they are
// passed on byte for byte, so no number or key order changes on the way. By hand, because every PUT answers one.
import { type JobDocument, jobKey, positionText } from '../schemas/job-status.ts';

const time = (name: string, at: number | null) => (at === null ? '' : `,"${name}":"${new Date(at).toISOString()}"`);

/** Times are RFC 3339 in UTC; a member that is not known (yet) is absent. Ids and types need no escapes: their alphabet. */
export function jobStatusBody(job: JobDocument): string {
  const key = job.key === jobKey(job.type, job.id) ? `"${job.key}"` : JSON.stringify(job.key);
  return `{"type":"${job.type}","id":"${job.id}","state":"${job.state}","generation":${job.generation},"attempt":${
    job.attempt
  },"key":${key}${time('createdAt', job.createdAt)}${time('startedAt', job.startedAt)}${time(
    'finishedAt',
    job.finishedAt,
  )}${time('updatedAt', job.updatedAt)}${job.worker === null ? '' : `,"worker":${JSON.stringify(job.worker)}`},"position":"${positionText(
    job.command,
  )}"${job.result === null ? '' : `,"result":${job.result}`}${job.error === null ? '' : `,"error":${job.error}`}}`;
}

/** A strong validator (RFC 9110 §8.8): it changes whenever a record or a write changed what is known of the job. */
export function jobEntityTag(job: JobDocument): string {
  const { partition, offset } = job.command;
  return `"${partition}.${offset}.${job.eventOffset}.${job.updatedAt.toString(36)}"`;
}
