// Fence: the first record that a new owner of a partition appends to the events topic. From it on, Kafka refuses every
// append of an earlier owner. It says nothing about a job; readers other than the consumer pass over it.
import avro from 'avsc';
import { timestamp } from './timestamp.ts';

/** `producerId` is an int64 in decimal; a takeover that is given another one than the last fence names cannot fence. */
export type Fence = {
  identity: string;
  producerId: string;
  producerEpoch: number;
  worker: string;
  at: number;
  /** A mark of its owner: the commands that were not done when it was appended, for the checkpoint that names it. */
  undone: Buffer | null;
};

export const fenceSchema = {
  type: 'record',
  name: 'Fence',
  namespace: 'putlog',
  doc: 'A new owner of a partition of commands begins to write here.',
  fields: [
    { name: 'identity', type: 'string' },
    { name: 'producerId', type: 'string' },
    { name: 'producerEpoch', type: 'int' },
    { name: 'worker', type: 'string' },
    { name: 'at', type: timestamp },
    { name: 'undone', type: ['null', 'bytes'], default: null, doc: 'For the owner behind: commands not done.' },
  ],
};

export const fenceType = avro.Type.forSchema(structuredClone(fenceSchema) as avro.Schema);

/** `ce_type` of a fence's record: readers pass over it without decoding. */
export const fenceEventType = 'putlog.fence';
