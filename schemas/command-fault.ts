// What a command of a foreign producer may get wrong though its bytes are a command: an id that no address can name, a key
// that would make every event about it too large, a time that is none. The decoder of commands asks; the API checks its own.
import { callOptionsOf } from './call-options.ts';
import type { Command } from './command.ts';
import { isTypeName } from './define-job.ts';
import { isJobId } from './job-id.ts';

const maxText = 1_000;
/** More than the longest that the API writes. */
const maxOptions = 16_384;
/** Milliseconds on either side of the epoch that a date can say. https://tc39.es/ecma262/#sec-time-values-and-time-range */
const maxTime = 8.64e15;

/** Undefined: nothing. Otherwise a clause such as `its id is …`, never as long as what it is about. */
export function commandFault({ type, id, key, digest, generation, attempt, ...rest }: Command): string | undefined {
  const { submittedAt, dueAt, after, options } = rest;
  if (!isTypeName(type)) return 'its type is not a lower-case, dotted name of at most 100 characters';
  if (!isJobId(id)) return 'its id is not 1 to 200 characters of A–Z a–z 0–9 . _ ~ -';
  if (key.length > maxText) return `its key has ${key.length} characters, more than ${maxText}`;
  if (digest.length > maxText) return `its digest has ${digest.length} characters, more than ${maxText}`;
  if (generation < 0) return `its generation is ${generation}`;
  if (attempt < 1) return `its attempt is ${attempt}`;
  if (Math.abs(submittedAt) > maxTime) return `the time of its submission is ${submittedAt}`;
  if (dueAt !== null && Math.abs(dueAt) > maxTime) return `the time at which it is due is ${dueAt}`;
  if (after !== null && after.topic.length > maxText) return 'what it runs after is in no topic';
  return options === null ? undefined : optionsFault(options);
}

function optionsFault(text: string): string | undefined {
  if (text.length > maxOptions) return `its options have ${text.length} characters, more than ${maxOptions}`;
  try {
    callOptionsOf(text);
    return undefined;
  } catch (error) {
    return `its options do not fit: ${error instanceof Error ? error.message.slice(0, maxText) : error}`;
  }
}
