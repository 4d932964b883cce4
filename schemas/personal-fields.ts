// Which fields of a payload are personal, as its schema marks them (`personal: true`), and whose they are. Pure. defineJob asks when a type
// is defined, platform/personal-data.ts for each payload of it.
import { pointerNames, pointerStep, valueAt } from './json-pointer.ts';
import { PutlogError } from './problem.ts';

/** All elements of an array, or all members of an object. */
const each = null;
/** From the payload to a field: the name of a member, or each of them. */
type Step = string | null;
type FieldPath = readonly Step[];

/** `subject` is a JSON Pointer into the payload. */
export type PersonalFields = { readonly subject: string; readonly paths: readonly FieldPath[] };

type Members = Record<string, unknown>;
const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function pathsIn(schema: unknown): FieldPath[] {
  if (!isMembers(schema)) return [];
  if (schema.personal === true) return [[]];
  const { properties, patternProperties, additionalProperties, items, prefixItems, anyOf, oneOf, allOf } = schema;
  const under = (step: Step, inner: unknown): FieldPath[] => pathsIn(inner).map((path) => [step, ...path]);
  const tuple = Array.isArray(items) ? items : listOf(prefixItems);
  return [
    ...Object.entries(Object(properties)).flatMap(([name, inner]) => under(name, inner)),
    ...Object.values(Object(patternProperties)).flatMap((inner) => under(each, inner)),
    ...under(each, additionalProperties),
    ...tuple.flatMap((inner, at) => under(String(at), inner)),
    ...(Array.isArray(items) ? [] : under(each, items)),
    ...[anyOf, oneOf, allOf].flatMap(listOf).flatMap(pathsIn),
  ];
}

/** Wherever they stand, also where no path leads. */
function countMarks(schema: unknown): number {
  if (!isMembers(schema)) return 0;
  if (schema.personal === true) return 1;
  return Object.values(schema).reduce<number>((sum, inner) => sum + countMarks(inner), 0);
}

function hasMember(schema: unknown, [name, ...rest]: readonly string[]): boolean {
  if (!isMembers(schema)) return false;
  if (name === undefined) return true;
  const { properties, anyOf, oneOf, allOf } = schema;
  const inner = isMembers(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return hasMember(inner, rest) || [anyOf, oneOf, allOf].flatMap(listOf).some((one) => hasMember(one, [name, ...rest]));
}

const pointer = /^(\/([^~/]|~[01])+)+$/;

/** What is wrong with what a definition says of them: clauses. */
export function personalFaults(payload: unknown, result: unknown, subject: string | null): string[] {
  const marks = countMarks(payload);
  const wrong = [
    marks > 0 &&
      subject === null &&
      'payload marks personal fields: say whose they are, such as subject: "/customerId"',
    marks === 0 &&
      subject !== null &&
      'subject is given: mark a field of payload, such as Type.String({ personal: true })',
    marks > pathsIn(payload).length &&
      'payload marks a personal field behind a $ref, a not or a condition: mark one that stands in properties or items',
    subject !== null &&
      !(pointer.test(subject) && hasMember(payload, pointerNames(subject))) &&
      `subject must be the JSON Pointer of a member of payload, such as /customerId, not "${subject}"`,
    countMarks(result) > 0 && 'result marks personal fields: only those of a payload can be (docs/retention.md)',
  ];
  return wrong.filter((fault) => fault !== false);
}

/** Null: it marks none. */
export function personalFieldsOf(payload: unknown, subject: string | null): PersonalFields | null {
  const paths = pathsIn(payload);
  return subject === null || paths.length === 0 ? null : { subject, paths };
}

/** The payload with what `change` makes of each personal field; one within another is a part of it. */
export function changeFields(
  payload: unknown,
  { paths }: Pick<PersonalFields, 'paths'>,
  change: (value: unknown, pointer: string) => unknown,
): unknown {
  function changed(value: unknown, left: readonly FieldPath[], at: string): unknown {
    if (left.some((path) => path.length === 0)) return change(value, at);
    if (left.length === 0 || !isMembers(value)) return value;
    const inside = (name: string | number) => {
      const rest = left.flatMap(([step, ...more]) => (step === String(name) || step === each ? [more] : []));
      return changed(value[name as keyof typeof value], rest, at + pointerStep(name));
    };
    if (Array.isArray(value)) return value.map((_, index) => inside(index));
    return Object.fromEntries(Object.keys(value).map((name) => [name, inside(name)]));
  }
  return changed(payload, paths, '');
}

const longestSubject = 200;
export const subjectRule = `1 to ${longestSubject} characters, or a whole number`;
export const isSubject = (text: string): boolean => text.length >= 1 && text.length <= longestSubject;

/** Whose personal fields a payload has. @throws PutlogError invalid-payload: it does not say */
export function subjectOf(payload: unknown, { subject }: Pick<PersonalFields, 'subject'>): string {
  const value = valueAt(payload, subject);
  if (typeof value === 'string' && isSubject(value)) return value;
  if (Number.isSafeInteger(value)) return String(value);
  const detail = `names whose the personal fields are, and must be ${subjectRule}`;
  throw new PutlogError('invalid-payload', `${subject} ${detail}`, { errors: [{ pointer: subject, detail }] });
}
