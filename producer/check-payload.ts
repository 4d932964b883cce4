// Checks payloads against the schema of their job type, compiled once at start. A payload is taken as it is or refused
// with everything that is wrong with it: nothing is coerced, filled in or removed.
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { PutlogError, type Violation } from '../schemas/problem.ts';

const maxViolations = 20;

const pointerTo = (parent: string, name: string) => `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** What is missing is pointed at by the name that it would have. */
function violationsOf(error: TLocalizedValidationError): Violation[] {
  const { instancePath: pointer, message: detail } = error;
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => ({
      pointer: pointerTo(pointer, name),
      detail: 'is required',
    }));
  if (error.keyword === 'boolean' && error.schemaPath.endsWith('/additionalProperties'))
    return [{ pointer, detail: 'is not known here' }];
  if (error.keyword === 'const') return [{ pointer, detail: `must be ${JSON.stringify(error.params.allowedValue)}` }];
  if (error.keyword === 'enum')
    return [{ pointer, detail: `must be one of ${JSON.stringify(error.params.allowedValues)}` }];
  return [{ pointer, detail }];
}

/** Only says that there are members of the object that do not fit; each of them is reported by itself. */
const isSummary = ({ keyword }: TLocalizedValidationError) => keyword === 'additionalProperties';

/** @returns a function that throws PutlogError invalid-payload, with at most 20 violations. */
export function createPayloadCheck(schema: TSchema): (payload: unknown) => void {
  // The library's limit is one for the process and 8 by default; it bounds what one bad payload can cost.
  Settings.Set({ maxErrors: 2 * maxViolations });
  const validator = Compile(schema);
  return (payload) => {
    if (validator.Check(payload)) return;
    const found = validator.Errors(payload).filter((error) => !isSummary(error));
    const errors = found.flatMap(violationsOf).slice(0, maxViolations);
    const [first] = errors;
    const where = first === undefined ? 'it does not fit' : `${first.pointer || 'the whole'} ${first.detail}`;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    throw new PutlogError('invalid-payload', `${where}${more}`, { errors });
  };
}
