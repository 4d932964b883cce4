// What a client may ask for besides the run of its job. It travels with the job as JSON text: in its command, in its events, and in
// every later command of it. The producer writes it; whoever has to heed it reads it.
import { type Static, Type } from 'typebox';
import { createValueCheck } from './value-check.ts';

/** Milliseconds; no timer of Node can wait longer. */
export const longestTimeout = 2_147_483_647;

const schema = Type.Object(
  {
    /** In place of the timeout of the job's type (milliseconds). */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: longestTimeout })),
    /** Id of the schedule that asks. */
    schedule: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._~-]{1,200}$' })),
  },
  { additionalProperties: false },
);

export type CallOptions = Static<typeof schema>;

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
