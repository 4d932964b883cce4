// How many jobs of a type may run at once, and begin in a second, in the whole system. A job's definition has one, and a setting takes
// its place while the system runs.
import { type Static, Type } from 'typebox';
import { createValueCheck } from './value-check.ts';

export const limitSchema = Type.Object(
  {
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'At once' })),
    perSecond: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'Begun in a second' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

export type Limit = Static<typeof limitSchema>;

/** None: it is a Limit. */
export const limitFaults = createValueCheck(limitSchema);

export const isLimit = (value: unknown): value is Limit => limitFaults(value).length === 0;
