// Setting: what somebody decided while the system runs, such as a schedule or that a queue is paused. Written by the producer, read by
// every process from the first one on; the latest of a name counts, and its topic is compacted.
import avro from 'avsc';
import { timestamp } from './timestamp.ts';

/**
 * `name` is `<kind>/<what it is about>` and the record's key, `value` JSON text, or null: it is over. `at` in milliseconds since the
 * epoch.
 */
export type Setting = { name: string; value: string | null; at: number };

/**
 * Value of a queue's: `{ paused: true }`; of a limit's, which is about a type: Limit; of a schedule's: Schedule; of a key's:
 * AccessKey.
 */
export const settingKinds = { queue: 'queue', limit: 'limit', schedule: 'schedule', key: 'key' } as const;

export const settingNames = {
  queue: (queue: string): string => `${settingKinds.queue}/${queue}`,
  limit: (type: string): string => `${settingKinds.limit}/${type}`,
  schedule: (id: string): string => `${settingKinds.schedule}/${id}`,
  key: (id: string): string => `${settingKinds.key}/${id}`,
};

export const settingSchema = {
  type: 'record',
  name: 'Setting',
  namespace: 'putlog',
  doc: 'What somebody decided while the system runs.',
  fields: [
    { name: 'name', type: 'string', doc: 'The kind, a slash, and what it is about.' },
    { name: 'value', type: ['null', 'string'], default: null, doc: 'JSON; null: it is over.' },
    { name: 'at', type: timestamp },
  ],
};

export const settingType = avro.Type.forSchema(structuredClone(settingSchema) as avro.Schema);
