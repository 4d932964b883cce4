// Checks what is PUT as a group: each job of it as its own PUT would be, and all that is wrong is told at once, with pointers.
import Type, { type Static } from 'typebox';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { type JobName, mostMembers } from '../schemas/call-options.ts';
import { canonicalJson } from '../schemas/canonical-json.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { jobIdPattern } from '../schemas/job-id.ts';
import { jobKey } from '../schemas/job-status.ts';
import type { Violation } from '../schemas/problem.ts';
import { createValueCheck, refusePayload } from '../schemas/value-check.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import type { Group } from './groups.ts';
import { createPayloadCheck } from './payload-check.ts';
import { isOrderingKey } from './submit-query.ts';

export type GroupCheckTools = {
  jobs: ReadonlyMap<string, LoadedJob>;
  followUps: Pick<FollowUpReaders, 'typeFault'>;
  /** Of each job. */
  maxPayloadBytes: number;
};

const id = Type.String({ pattern: jobIdPattern });
const member = Type.Object(
  { type: Type.String(), id, payload: Type.Unknown(), key: Type.Optional(Type.String()) },
  { additionalProperties: false },
);
export const groupBody = Type.Object(
  {
    jobs: Type.Array(member, { minItems: 1, maxItems: mostMembers }),
    // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
    then: Type.Object({ type: Type.String(), id: Type.Optional(id) }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);
type Body = Static<typeof groupBody>;

/** More would not be read. */
const mostViolations = 100;

export function createGroupCheck({ jobs, followUps, maxPayloadBytes }: GroupCheckTools) {
  const checkBody = createValueCheck(groupBody);
  const checks = new Map<JobDefinition, (value: unknown) => Violation[]>();

  function checkOf(definition: JobDefinition) {
    const check = checks.get(definition) ?? createPayloadCheck(definition);
    checks.set(definition, check);
    return check;
  }

  function payloadFaults(definition: JobDefinition, payload: unknown, at: string): Violation[] {
    const bytes = Buffer.byteLength(canonicalJson(payload));
    if (bytes > maxPayloadBytes)
      return [{ pointer: at, detail: `has ${bytes} bytes, more than ${maxPayloadBytes}; use a blob` }];
    return checkOf(definition)(payload).map(({ pointer, detail }) => ({ pointer: `${at}${pointer}`, detail }));
  }

  function memberFaults({ type, id: name, payload, key }: Body['jobs'][number], at: string, seen: Set<string>) {
    const faults: Violation[] = [];
    const fault = followUps.typeFault(type);
    const definition = jobs.get(type)?.definition;
    if (fault !== undefined) faults.push({ pointer: `${at}/type`, detail: fault });
    else if (definition !== undefined) faults.push(...payloadFaults(definition, payload, `${at}/payload`));
    if (key !== undefined && !isOrderingKey(key))
      faults.push({ pointer: `${at}/key`, detail: 'must be 1 to 200 printable characters' });
    const job = jobKey(type, name);
    if (seen.has(job)) faults.push({ pointer: at, detail: `is ${job}, which stands there twice` });
    seen.add(job);
    return faults;
  }

  /** @throws PutlogError invalid-payload, with all that is wrong */
  return (group: string, value: unknown): Pick<Group, 'id' | 'jobs' | 'final'> => {
    const wrong = checkBody(value);
    if (wrong.length > 0) refusePayload(wrong);
    const body = value as Body;
    const seen = new Set<string>();
    const faults = body.jobs.flatMap((one, i) => memberFaults(one, `/jobs/${i}`, seen));
    const final: JobName = { type: body.then.type, id: body.then.id ?? group };
    const fault = followUps.typeFault(final.type);
    if (fault !== undefined) faults.push({ pointer: '/then/type', detail: fault });
    if (seen.has(jobKey(final.type, final.id)))
      faults.push({ pointer: '/then', detail: 'is one of the jobs; give it an id of its own' });
    if (faults.length > 0) refusePayload(faults.slice(0, mostViolations));
    const members = body.jobs.flatMap(({ type, ...one }) => {
      const job = jobs.get(type)?.definition;
      return job === undefined ? [] : [{ job, ...one }];
    });
    return { id: group, jobs: members, final };
  };
}
