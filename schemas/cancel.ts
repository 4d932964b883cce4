// Cancel: asks that a job end, wherever it is. Written by the producer, read by every worker; the owner of the job's partition
// records what came of it. One partition, so that one reader hears of all of them.
import avro from 'avsc';
import type { Command } from './command.ts';
import { timestamp } from './timestamp.ts';

/** Of this generation of the job and of none later. `at` in milliseconds since the epoch. */
export type Cancel = Pick<Command, 'type' | 'id' | 'generation'> & { at: number };

export const cancelSchema = {
  type: 'record',
  name: 'Cancel',
  namespace: 'putlog',
  doc: 'Asks that a job end.',
  fields: [
    { name: 'type', type: 'string' },
    { name: 'id', type: 'string' },
    { name: 'generation', type: 'int', doc: 'Counts redrives.' },
    { name: 'at', type: timestamp },
  ],
};

export const cancelType = avro.Type.forSchema(structuredClone(cancelSchema) as avro.Schema);
