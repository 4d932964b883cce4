// Command: asks for a job to be run. Written by the producer (and, later, by whatever runs a job again), read by the
// consumer and the projections. One command, one record of a topic `<prefix>.commands.<queue>.<lane>`.
import avro from 'avsc';

/** `payload` is canonical JSON text, `digest` its SHA-256 in hex, `submittedAt` milliseconds since the epoch. */
export type Command = {
  kind: 'submit';
  type: string;
  id: string;
  /** Counts redrives from 0. */
  generation: number;
  /** Counts runs from 1. */
  attempt: number;
  /** Calls with one ordering key run in the order of the log. */
  key: string;
  payload: string;
  digest: string;
  submittedAt: number;
};

export const commandSchema = {
  type: 'record',
  name: 'Command',
  namespace: 'putlog',
  doc: 'Asks for a job to be run.',
  fields: [
    { name: 'kind', type: { type: 'enum', name: 'CommandKind', symbols: ['submit'] } },
    { name: 'type', type: 'string', doc: 'Job type, a dotted name.' },
    { name: 'id', type: 'string', doc: 'Chosen by the client, unique within the type.' },
    { name: 'generation', type: 'int', default: 0, doc: 'Counts redrives.' },
    { name: 'attempt', type: 'int', default: 1, doc: 'Counts runs.' },
    { name: 'key', type: 'string', doc: 'Ordering key.' },
    { name: 'payload', type: 'string', doc: 'Canonical JSON.' },
    { name: 'digest', type: 'string', doc: 'SHA-256 of the payload, hex.' },
    { name: 'submittedAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

export const commandType = avro.Type.forSchema(structuredClone(commandSchema) as avro.Schema);
