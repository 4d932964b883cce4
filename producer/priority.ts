// The Priority field of a submit (RFC 9218): its urgency says which lane of the queue the command goes to. A priority is a wish:
// what cannot be read, or is out of range, counts as if it were not there (RFC 9218 §4). Whatever reads a submit calls it.
import { ParseError, parseDictionary } from 'structured-headers';
import type { Lane } from '../schemas/topics.ts';

/** Urgency 0 is the most urgent, 3 the default. https://www.rfc-editor.org/rfc/rfc9218#section-4.1 */
const lanesByUrgency: readonly Lane[] = ['high', 'high', 'high', 'normal', 'normal', 'low', 'low', 'low'];

/** Undefined: there is no such urgency. */
export const laneOfUrgency = (urgency: number): Lane | undefined => lanesByUrgency[urgency];

/** @param field its lines joined with commas, as Node does; undefined: there is none */
export function laneOfPriority(field: string | string[] | undefined): Lane {
  if (field === undefined) return 'normal';
  try {
    const [urgency] = parseDictionary(String(field)).get('u') ?? [];
    return (typeof urgency === 'number' ? laneOfUrgency(urgency) : undefined) ?? 'normal';
  } catch (error) {
    if (error instanceof ParseError) return 'normal';
    throw error;
  }
}
