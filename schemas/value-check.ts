// Checks payloads and results against the schema of their job type, compiled once. A value is taken as it is or refused
// with everything that is wrong with it: nothing is coerced, filled in or removed. Producer and consumer call it.
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { pointerStep } from './json-pointer.ts';
import { PutlogError, type Violation } from './problem.ts';

const maxViolations = 20;
const none: Violation[] = [];

/** What is missing is pointed at by the name that it would have. */
function violationsOf(error: TLocalizedValidationError): Violation[] {
  const { instancePath: pointer, message: detail } = error;
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => ({
      pointer: `${pointer}${pointerStep(name)}`,
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

/** @returns a function that lists what is wrong with a value, at most 20 violations; none: it fits. */
export function createValueCheck(schema: TSchema): (value: unknown) => Violation[] {
  // The library's limit is one for the process and 8 by default; it bounds what one bad value can cost.
  Settings.Set({ maxErrors: 2 * maxViolations });
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return none;
    const found = validator.Errors(value).filter((error) => !isSummary(error));
    return found.flatMap(violationsOf).slice(0, maxViolations);
  };
}

/** @throws PutlogError with this code */
export function refuseViolations(code: 'invalid-payload' | 'invalid-schedule', errors: Violation[]): never {
  const [first] = errors;
  const where = first === undefined ? 'it does not fit' : `${first.pointer || 'the whole'} ${first.detail}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new PutlogError(code, `${where}${more}`, { errors });
}

/** @throws PutlogError invalid-payload */
export const refusePayload = (errors: Violation[]): never => refuseViolations('invalid-payload', errors);
