// Bytes to JSON, and only JSON that means the same to everybody who reads it later: no keys that reach for prototypes, no
// numbers that become Infinity, no nesting that breaks a recursive reader. The job routes call it for every payload.
import { isUtf8 } from 'node:buffer';
import { PutlogError } from '../schemas/problem.ts';

/** RFC 8259 §9 allows a limit. */
const maxDepth = 500;

/** Only a text that matches, or is long enough to nest too deep, can hold what `findDanger` looks for. */
const suspicious = /__proto__|constructor|\\u00[4-7]|\d[eE]\+?\d{3}|\d{309}/;

/** Walks level by level, because a recursive walk is what deep nesting would break. */
function findDanger(value: unknown): string | undefined {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) return `the body nests deeper than ${maxDepth} levels`;
    const next: unknown[] = [];
    for (const item of level) {
      if (item === Infinity || item === -Infinity) return 'the body has a number that is too large for a double';
      if (typeof item !== 'object' || item === null) continue;
      if (Object.hasOwn(item, '__proto__')) return 'the key "__proto__" is not allowed';
      if (hasPrototypePath(item)) return 'the key "constructor" with a "prototype" in it is not allowed';
      for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
  return undefined;
}

function hasPrototypePath(item: object): boolean {
  if (!Object.hasOwn(item, 'constructor')) return false;
  const value: unknown = item.constructor;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

/** @throws PutlogError malformed-json, malformed-request */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new PutlogError('malformed-json', 'the body is empty; send a JSON value');
  if (!isUtf8(bytes)) throw new PutlogError('malformed-json', 'the body is not UTF-8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PutlogError('malformed-json', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  // Each level takes a bracket at its beginning and one at its end.
  if (text.length <= 2 * maxDepth && !suspicious.test(text)) return value;
  const danger = findDanger(value);
  if (danger !== undefined) throw new PutlogError('malformed-request', danger);
  return value;
}
