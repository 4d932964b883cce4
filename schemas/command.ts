// Command: asks for a job to be run. Written by the producer, and by the consumer for what was put off and is due; read by
// the consumer and the projections. One command, one record of a topic `<prefix>.commands.<queue>.<lane>`.
import avro from 'avsc';
import { positionSchema } from './position.ts';
import { timestamp } from './timestamp.ts';

export type { Command } from './command-fields.ts';

export const commandSchema = {
  type: 'record',
  name: 'Command',
  namespace: 'putlog',
  doc: 'Asks for a job to be run.',
  fields: [
    { name: 'kind', type: { type: 'enum', name: 'CommandKind', symbols: ['submit', 'run'] } },
    { name: 'type', type: 'string', doc: 'Job type, a dotted name.' },
    { name: 'id', type: 'string', doc: 'Chosen by the client, unique within the type.' },
    { name: 'generation', type: 'int', default: 0, doc: 'Counts redrives.' },
    { name: 'attempt', type: 'int', default: 1, doc: 'Counts runs.' },
    { name: 'key', type: 'string', doc: 'Ordering key.' },
    { name: 'payload', type: 'string', doc: 'Canonical JSON.' },
    { name: 'digest', type: 'string', doc: 'SHA-256 of the payload, hex.' },
    { name: 'submittedAt', type: timestamp },
    { name: 'dueAt', type: ['null', timestamp], default: null, doc: 'Not before.' },
    { name: 'after', type: ['null', positionSchema], default: null, doc: 'The command that put this run off.' },
    { name: 'options', type: ['null', 'string'], default: null, doc: 'What was asked for besides the run, JSON.' },
  ],
};

export const commandType = avro.Type.forSchema(structuredClone(commandSchema) as avro.Schema);
