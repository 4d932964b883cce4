// The Priority field of a submit (RFC 9218): its urgency says which lane of the queue the command goes to. A priority is a wish:
// what cannot be read, or is out of range, counts as if it were not there (RFC 9218 §4, RFC 9651 §4.2). Called by put-job-routes.
import type { Lane } from '../schemas/topics.ts';

/** RFC 9651 §3.3 and §3.1.2: numbers, strings, tokens, bytes, booleans, dates, display strings; no two begin alike. */
const bareItem = [
  String.raw`-?\d{1,12}\.\d{1,3}`,
  String.raw`-?\d{1,15}`,
  String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`,
  String.raw`[A-Za-z*][\w!#$%&'*+\-.^|~:/\x60]*`,
  ':[A-Za-z0-9+/=]*:',
  String.raw`\?[01]`,
  String.raw`@-?\d{1,15}`,
  '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
].join('|');
const key = String.raw`[a-z*][a-z0-9_\-.*]*`;
const parameters = `(?:; *${key}(?:=(?:${bareItem}))?)*`;
const innerList = String.raw`\( *(?:(?:${bareItem})${parameters}(?: +(?:${bareItem})${parameters})* *)?\)`;

/** A member of a dictionary (§3.2), with what comes behind it: a comma, or the end. */
const member = new RegExp(`(${key})(?:=(${bareItem}|${innerList}))?${parameters}(?:[ \\t]*(,)[ \\t]*| *$)`, 'y');

/** Member → its value as it stands there; undefined: this is no dictionary. Of a key that comes twice the later one counts. */
function dictionaryOf(field: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  const text = field.replace(/^ +/, '');
  let more = text !== '';
  for (member.lastIndex = 0; more; ) {
    const found = member.exec(text);
    if (found === null) return undefined;
    const [, name = '', value = '?1', comma] = found;
    members.set(name, value);
    more = comma !== undefined;
  }
  return members;
}

/** Urgency 0 is the most urgent, 3 the default. https://www.rfc-editor.org/rfc/rfc9218#section-4.1 */
const lanesByUrgency: readonly Lane[] = ['high', 'high', 'high', 'normal', 'normal', 'low', 'low', 'low'];

/** @param field its lines joined with commas, as Node does; undefined: there is none */
export function laneOfPriority(field: string | string[] | undefined): Lane {
  if (field === undefined) return 'normal';
  const urgency = dictionaryOf(String(field))?.get('u') ?? '3';
  return (/^\d{1,15}$/.test(urgency) ? lanesByUrgency[Number(urgency)] : undefined) ?? 'normal';
}
