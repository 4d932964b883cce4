// One line of many submits to a checked call: what a single submit says in its address, query and header fields stands in the
// members of the line, and is checked by the same readers. Throws before anything reaches the log. Called by post-many-routes.
import Type, { type Static } from 'typebox';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { isJobId } from '../schemas/job-id.ts';
import { isDelivery } from '../schemas/own-types.ts';
import { PutlogError, type Violation } from '../schemas/problem.ts';
import type { Lane } from '../schemas/topics.ts';
import { createValueCheck, refusePayload } from '../schemas/value-check.ts';
import { malformedId } from './check-id.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { jobIdOfKey, newJobId } from './job-ids.ts';
import { parseJson } from './parse-json.ts';
import { createPayloadCheck } from './payload-check.ts';
import { laneOfUrgency } from './priority.ts';
import { ownJobType, unknownJobType } from './refuse-submit.ts';
import type { Submission } from './submit.ts';
import { submitOptionsOf } from './submit-query.ts';

const time = Type.Union([Type.String(), Type.Number()]);
const told = (description: string) => ({ description });
export const lineSchema = Type.Object(
  {
    type: Type.String(told('Job type')),
    id: Type.Optional(Type.String(told('Yours; made here unless given'))),
    payload: Type.Unknown(told('Must fit the schema of the type')),
    key: Type.Optional(Type.String(told('Ordering key'))),
    delay: Type.Optional(time),
    notBefore: Type.Optional(Type.String(told('RFC 3339'))),
    timeout: Type.Optional(time),
    // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
    then: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
    callback: Type.Optional(Type.String()),
    notify: Type.Optional(Type.String()),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 7, ...told('0 is the most urgent; 3 unless told') })),
  },
  { additionalProperties: false },
);
type Line = Static<typeof lineSchema>;

/** What all lines of a request have in common. `idempotencyKey`: of the whole request. */
export type Common = {
  traceparent: string | undefined;
  mustBeNew: boolean;
  lane: Lane;
  idempotencyKey: string | undefined;
  /** Who gave it; '': nobody has said. */
  caller: string;
  /** @throws PutlogError type-not-allowed */
  assertMayTouch: (types: readonly string[]) => void;
};

/** `byKey`: its id stands for an idempotency key. */
export type LineSubmission = { submission: Submission; byKey: boolean };

const optionNames = ['key', 'delay', 'notBefore', 'timeout', 'then', 'callback', 'notify'] as const;

function* optionsIn(line: Line): Generator<[string, string]> {
  for (const name of optionNames) {
    const value = line[name];
    if (value !== undefined) for (const one of [value].flat()) yield [name, String(one)];
  }
}

const refuse = (detail: string) => new PutlogError('malformed-request', detail);

export function createLineReader({
  jobs,
  followUps,
}: {
  jobs: ReadonlyMap<string, LoadedJob>;
  followUps: FollowUpReaders;
}) {
  const checkLine = createValueCheck(lineSchema);
  const payloadChecks = new Map<string, (value: unknown) => Violation[]>();

  function definitionOf(type: string): JobDefinition {
    const definition = jobs.get(type)?.definition;
    if (definition === undefined) throw unknownJobType(type, jobs);
    if (isDelivery(type)) throw ownJobType(type);
    return definition;
  }

  function checkPayload(definition: JobDefinition, payload: unknown) {
    const { type } = definition;
    const check = payloadChecks.get(type) ?? createPayloadCheck(definition);
    payloadChecks.set(type, check);
    const wrong = check(payload);
    if (wrong.length > 0)
      refusePayload(wrong.map(({ pointer, detail }) => ({ pointer: `/payload${pointer}`, detail })));
  }

  /** @param number of the line, from 1. @throws PutlogError malformed-json, malformed-request, invalid-id, invalid-payload, … */
  return (bytes: Buffer, number: number, common: Common): LineSubmission => {
    const value = parseJson(bytes);
    const wrong = checkLine(value);
    if (wrong.length > 0) refusePayload(wrong);
    const line = value as Line;
    const { type, payload, priority } = line;
    common.assertMayTouch([type]);
    const job = definitionOf(type);
    if (line.id !== undefined && !isJobId(line.id)) throw malformedId();
    const byKey = line.id === undefined && common.idempotencyKey !== undefined;
    // A key has no line break, so this is no other key's.
    const id = line.id ?? (byKey ? jobIdOfKey(type, `${common.idempotencyKey}\n${number}`, common.caller) : newJobId());
    checkPayload(job, payload);
    const submission: Submission = {
      ...{ job, id, payload, traceparent: common.traceparent, mustBeNew: common.mustBeNew },
      ...submitOptionsOf(optionsIn(line), { now: Date.now(), self: { type, id }, followUps }, refuse),
      by: common.caller,
      lane: (priority === undefined ? undefined : laneOfUrgency(priority)) ?? common.lane,
    };
    common.assertMayTouch(submission.options?.next?.map((next) => next.type) ?? []);
    return { submission, byKey };
  };
}
