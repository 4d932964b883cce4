// What a client may ask for besides the run of its job. It travels with the job as JSON text: in its command, in its events, and in
// every later command of it. The producer writes it; whoever has to heed it reads it.
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { jobIdPart, jobIdPattern } from './job-id.ts';
import { createValueCheck } from './value-check.ts';

/** Milliseconds; no timer of Node can wait longer. */
export const longestTimeout = 2_147_483_647;

/** How many jobs may follow one another, and how many may be one group. */
export const mostNext = 10;
export const mostMembers = 1_000;
/** Characters of who asks. */
const longestName = 100;

const typePattern = '[a-z][a-z0-9-]*(?:\\.[a-z][a-z0-9-]*)*';
/** One address, without a name, a comment or anything quoted. */
export const mailAddress = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*";
const whole = (pattern: string) => `^${pattern}$`;

const idText = Type.String({ pattern: jobIdPattern });
const jobName = Type.Object(
  { type: Type.String({ pattern: whole(typePattern), maxLength: 100 }), id: idText },
  { additionalProperties: false },
);
/** Of how many it is one, the how-manieth (from 0), and what runs when all of them are over. */
const member = Type.Object(
  { index: Type.Integer({ minimum: 0 }), size: Type.Integer({ minimum: 1, maximum: mostMembers }), final: jobName },
  { additionalProperties: false },
);

const schema = Type.Object(
  {
    /** In place of the timeout of the job's type (milliseconds). */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: longestTimeout })),
    /** Id of the schedule that asks. */
    schedule: Type.Optional(idText),
    /** A URL that is told of its end. */
    callback: Type.Optional(Type.String({ maxLength: 2_048 })),
    /** A mail address that is told of its end. */
    notify: Type.Optional(Type.String({ pattern: whole(mailAddress), maxLength: 254 })),
    /** Runs when it has gone well, with its result; the ones behind it likewise, each after the one before. */
    next: Type.Optional(Type.Array(jobName, { minItems: 1, maxItems: mostNext })),
    /** It belongs to this group: as one of its members, or as the job that follows them. */
    group: Type.Optional(Type.Object({ id: idText, member: Type.Optional(member) }, { additionalProperties: false })),
    /** Who asked for it: the id of an API key. Those who ask take turns. */
    by: Type.Optional(Type.String({ minLength: 1, maxLength: longestName })),
    /** The job that it follows, `<type>/<id>`. */
    parent: Type.Optional(Type.String({ pattern: whole(`${typePattern}/${jobIdPart}`), maxLength: 301 })),
  },
  // What a later version asks for is no reason for an earlier one to refuse the job.
  { additionalProperties: true },
);

export type CallOptions = Static<typeof schema>;
export type JobName = Static<typeof jobName>;

const check = createValueCheck(schema);
const none: CallOptions = {};

/** Null where nothing is asked for: most calls carry none. */
export const callOptionsText = (options: CallOptions): string | null =>
  Object.values(options).every((value) => value === undefined) ? null : JSON.stringify(options);

/** @throws TypeError that says what is wrong: not for what a decoder of commands has let through. */
export function callOptionsOf(text: string | null): CallOptions {
  if (text === null) return none;
  const value: unknown = parse(text);
  const [violation] = check(value);
  if (violation !== undefined) throw new TypeError(`"${violation.pointer}" ${violation.detail}`);
  return value as CallOptions;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError('they are not JSON', { cause });
  }
}

/** As they are asked for by somebody; '': by nobody with a name. A name that is too long is told by its digest. */
export function signedBy(name: string | undefined, options: CallOptions = {}): CallOptions {
  if (name === undefined || name === '') return options;
  return { ...options, by: name.length <= longestName ? name : createHash('sha256').update(name).digest('base64url') };
}

/** '' where it does not say. Asked for each command that is taken, so text without it is not parsed. */
export function tenantOf(text: string | null): string {
  if (text === null || !text.includes('"by":')) return '';
  return callOptionsOf(text).by ?? '';
}
