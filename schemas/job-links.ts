// Where a job's status leads: the job that it follows, those that follow it, who is told of its end, the group or
// the schedule that it is of.
import { callOptionsOf } from './call-options.ts';
import type { JobDocument } from './job-status.ts';
import { deliveryId, mailType, webhookType } from './own-types.ts';

/** JSON text; '' where it leads nowhere. `options` is the job's. */
export function jobLinks(job: JobDocument, options: string): string {
  const { parent, next, callback, notify, group, schedule } = callOptionsOf(options);
  const [first] = next ?? [];
  // What follows a job that has not gone well never will be.
  const follows = job.state !== 'failed' && job.state !== 'cancelled';
  const links = [
    parent && `"parent":"/jobs/${parent}"`,
    first && follows && `"then":"/jobs/${first.type}/${first.id}"`,
    callback && `"callback":"/jobs/${webhookType}/${deliveryId(job)}"`,
    notify && `"notify":"/jobs/${mailType}/${deliveryId(job)}"`,
    schedule && `"schedule":"/schedules/${schedule}"`,
    group && `"group":"/groups/${group.id}"`,
  ].filter(Boolean);
  return links.length === 0 ? '' : `,"links":{${links.join(',')}}`;
}
