// Groups: jobs that are submitted together, and one that follows when all of them are over. What a group is stands in MongoDB; its
// members carry what their ends need. Called by the routes.
import type { Collection, Db } from 'mongodb';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { JobName } from '../schemas/call-options.ts';
import { callOptionsOf } from '../schemas/call-options.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { type JobDocument, type JobState, jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { LookUp } from './look-up.ts';
import type { PersonalCalls } from './personal-calls.ts';
import type { RecentSubmissions } from './recent-submissions.ts';
import type { Submit } from './submit.ts';

/** A checked group: each payload fits the schema of its job's type, and no two jobs of it are the same. */
export type Group = {
  id: string;
  jobs: readonly { job: JobDefinition; id: string; payload: unknown; key?: string }[];
  final: JobName;
  traceparent: string | undefined;
  by?: string | undefined;
};

/** `accepted`: all members are in the log. `digest` of all that was asked for, `createdAt` in milliseconds since the epoch. */
type GroupDocument = {
  _id: string;
  digest: string;
  members: JobName[];
  final: JobName;
  createdAt: number;
  accepted: boolean;
};

/** `state` undefined: it is not there yet. */
type Seen = JobName & { state: JobState | undefined };
export type GroupStatus = { id: string; createdAt: number; members: Seen[]; final: Seen };

export type Groups = ReturnType<typeof createGroups>;

export type GroupsOptions = {
  db: Db;
  versions: ReadVersions;
  lookUp: LookUp;
  recent: RecentSubmissions;
  submit: Submit;
  personal: Pick<PersonalCalls, 'digest'>;
};

const unavailable = (cause: unknown) =>
  new PutlogError('read-model-unavailable', 'Groups cannot be read or made right now. Try again in a few seconds.', {
    ...{ cause, retryAfter: 2 },
  });

const conflict = (detail: string) => new PutlogError('group-conflict', detail);

export function createGroups({ db, versions, lookUp, recent, submit, personal }: GroupsOptions) {
  const groups: Collection<GroupDocument> = db.collection('groups');

  async function asked<T>(answer: T | Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof PutlogError ? error : unavailable(error);
    }
  }

  /** @throws PutlogError group-conflict: a job of it is there, with another payload or without the group */
  async function assertFree({ id, jobs }: Group): Promise<void> {
    const taken = await Promise.all(
      jobs.map(async ({ job, id: member, payload }) => {
        const name = jobKey(job.type, member);
        const known = (await lookUp.find(name)) ?? (await recent.get(name)?.stored.catch(() => undefined));
        if (known === undefined) return [];
        if (known.digest !== (await personal.digest(job, payload))) return [`${name} (with another payload)`];
        return callOptionsOf(known.options ?? null).group?.id === id ? [] : [`${name} (not of this group)`];
      }),
    );
    const names = taken.flat();
    if (names.length === 0) return;
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    throw conflict(`already there: ${names.slice(0, 5).join(', ')}${more}. Nothing was submitted.`);
  }

  /** What tells a job of a group from another; of personal fields a digest under their key, which says nothing once that is gone. */
  async function toldOf({ job, id, payload, key }: Group['jobs'][number]) {
    const called = job.personal === null ? { payload } : { digest: await personal.digest(job, payload) };
    return { type: job.type, id, ...called, key };
  }

  /** The group as it is kept; the first one counts. @throws PutlogError group-conflict */
  async function keep(group: Group): Promise<GroupDocument> {
    const { id, jobs, final } = group;
    const members = jobs.map(({ job, id: member }) => ({ type: job.type, id: member }));
    const told = await Promise.all(jobs.map(toldOf));
    const digest = digestOf(canonicalJson({ jobs: told, final }));
    const fresh = { digest, members, final, createdAt: Date.now(), accepted: false };
    const found = await asked(groups.findOne({ _id: id }));
    if (found === null) await assertFree(group);
    const upsert = { upsert: true, returnDocument: 'after' } as const;
    const kept = found ?? (await asked(groups.findOneAndUpdate({ _id: id }, { $setOnInsert: fresh }, upsert)));
    if (kept === null) throw unavailable(new Error('an upsert gave nothing'));
    if (kept.digest !== digest)
      throw conflict(`the group ${id} is there already, with other jobs. Nothing was submitted.`);
    return kept;
  }

  /** @throws as Submit does, of the first that could not be accepted; the same group again goes on with the others */
  async function submitAll({ id, jobs, final, traceparent, by }: Group): Promise<JobDocument[]> {
    const settled = await Promise.allSettled(
      jobs.map((one, index) => {
        const group = { id, member: { index, size: jobs.length, final } };
        return submit({ ...one, traceparent, by, mustBeNew: false, options: { group } });
      }),
    );
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value.job;
    });
  }

  async function statusOf({ _id: id, createdAt, members, final }: GroupDocument): Promise<GroupStatus> {
    const names = [...members, final].map(({ type, id: job }) => jobKey(type, job));
    const { jobs } = (await asked(versions())).current;
    const found = await asked(jobs.find({ _id: { $in: names } }, { projection: { state: 1 } }).toArray());
    const states = new Map(found.map(({ _id, state }) => [_id, state]));
    const seen = (name: JobName): Seen => ({ ...name, state: states.get(jobKey(name.type, name.id)) });
    return { id, createdAt, members: members.map(seen), final: seen(final) };
  }

  return {
    /** @throws PutlogError group-conflict, read-model-unavailable, and as Submit does */
    async put(group: Group): Promise<{ known: boolean; status: GroupStatus }> {
      const kept = await keep(group);
      if (kept.accepted) return { known: true, status: await statusOf(kept) };
      const jobs = await submitAll(group);
      await asked(groups.updateOne({ _id: group.id }, { $set: { accepted: true } }));
      const members = jobs.map(({ type, id, state }) => ({ type, id, state }));
      return { known: false, status: { ...kept, id: kept._id, members, final: { ...kept.final, state: undefined } } };
    },

    /** Undefined: there is none. @throws PutlogError read-model-unavailable */
    async find(id: string): Promise<GroupStatus | undefined> {
      const kept = await asked(groups.findOne({ _id: id }));
      return kept === null ? undefined : statusOf(kept);
    },
  };
}
