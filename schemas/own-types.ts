// The job types that are Putlog's own. It makes deliveries itself, to tell somebody of a job's end: clients can read and cancel them, and ask
// for them only by `callback` and `notify`. A snapshot is asked for as any other job is.
import { createHash } from 'node:crypto';

export const webhookType = 'putlog.webhook';
export const mailType = 'putlog.mail';
/** Builds a list of jobs as they were. */
export const snapshotType = 'putlog.snapshot';
/** Of deliveries alone: an endpoint that is slow holds up nobody's jobs. */
export const deliveryQueue = 'webhooks';

/** Nobody can ask for a job of such a type by its name. */
export const isDelivery = (type: string): boolean => type === webhookType || type === mailType;

/** Names that no type of a user may have. */
export const isOwnType = (type: string): boolean => type.startsWith('putlog.');

const longest = 200;

/** The id of the job that tells of the end of another: one for each generation. No other job's is the same, for a type has no `~`. */
export function deliveryId({ type, id, generation }: { type: string; id: string; generation: number }): string {
  const name = `${type}~${id}~${generation}`;
  return name.length <= longest ? name : createHash('sha256').update(name).digest('hex');
}

/** Of a job's end, as the body of a webhook. `id` is that of the event, wherever it is told; `data` is the job's status. */
export type JobEnd = { id: string; type: string; timestamp: string; data: unknown };
