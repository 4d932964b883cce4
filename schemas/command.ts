// Command: asks for a job to be run. Written by the producer, and by the consumer for what was put off and is due; read by
// the consumer and the projections. One command, one record of a topic `<prefix>.commands.<queue>.<lane>`.
import avro from 'avsc';
import { type Position, positionSchema } from './position.ts';
import { timestamp } from './timestamp.ts';

/** `payload` is canonical JSON text, `digest` its SHA-256 in hex, times are milliseconds since the epoch. */
export type Command = {
  /** `submit`: a client asks. `run`: what was put off, by its client or for another attempt, is due. */
  kind: 'submit' | 'run';
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
  /** `submit` only: not before; null: at once. */
  dueAt: number | null;
  /** `run` only: the command whose outcome was to put this run off. */
  after: Position | null;
  /** JSON text of CallOptions; null: none. */
  options: string | null;
};

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
