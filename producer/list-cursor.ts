// The cursor of a list as text that tells its client nothing: where the page before ended, and of which question. What was changed on
// its way, or belongs to another question, is refused instead of answered wrongly.
import { hash } from 'node:crypto';
import { PutlogError } from '../schemas/problem.ts';
import type { JobCursor, JobFilter } from './list-jobs.ts';

const version = 1;
const digestOf = (value: unknown) => hash('sha256', JSON.stringify(value), 'base64url').slice(0, 16);

const questionOf = ({ types, states, createdAfter, createdBefore, key, snapshot }: JobFilter) => {
  const asked = [types, states && [...new Set(states)].sort(), createdAfter, createdBefore, key];
  return digestOf(snapshot === undefined ? asked : [...asked, snapshot]);
};

export function cursorText({ createdAt, _id }: JobCursor, filter: JobFilter): string {
  const told = [version, createdAt, _id, questionOf(filter)];
  return Buffer.from(JSON.stringify([...told, digestOf(told)])).toString('base64url');
}

const notOurs = (cause?: unknown) =>
  new PutlogError('malformed-request', 'the cursor is not one of ours; begin without one', { cause });

function valuesIn(text: string): unknown[] {
  const bytes = Buffer.from(text, 'base64url');
  try {
    const values: unknown = JSON.parse(bytes.toString());
    if (Array.isArray(values)) return values;
  } catch (error) {
    throw notOurs(error);
  }
  throw notOurs();
}

/** @throws PutlogError malformed-request */
export function readCursor(text: string, filter: JobFilter): JobCursor {
  const [found, createdAt, _id, question] = valuesIn(text);
  if (typeof createdAt !== 'number' || typeof _id !== 'string' || typeof question !== 'string') throw notOurs();
  const told = [found, createdAt, _id, question];
  if (Buffer.from(JSON.stringify([...told, digestOf(told)])).toString('base64url') !== text) throw notOurs();
  if (found !== version) throw notOurs();
  if (question !== questionOf(filter))
    throw new PutlogError(
      'malformed-request',
      'the cursor belongs to a list with other filters, or of another snapshot; only limit may change between its pages',
    );
  return { createdAt, _id };
}
