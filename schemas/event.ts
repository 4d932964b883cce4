// Event: tells what happened to a job. Written only by the owner of the partition its command came from, read by the
// projections, waiting clients and subscribers. An event is complete in itself: no reader needs the command.
import avro from 'avsc';
import { type EventKind, eventKinds, type JobEvent } from './event-fields.ts';
import { positionSchema } from './position.ts';
import { timestamp } from './timestamp.ts';

export { type EventKind, eventKinds, type JobEvent };

/** Kinds after which nothing more happens to a generation of a job. `rejected` is about a command, not about the job. */
export const terminalKinds: ReadonlySet<EventKind> = new Set(['succeeded', 'failed', 'cancelled', 'dead']);

export const eventSchema = {
  type: 'record',
  name: 'Event',
  namespace: 'putlog',
  doc: 'Tells what happened to a job.',
  fields: [
    { name: 'kind', type: { type: 'enum', name: 'EventKind', symbols: [...eventKinds] } },
    { name: 'type', type: 'string', doc: 'Job type; empty where a record could not be decoded.' },
    { name: 'id', type: 'string' },
    { name: 'generation', type: 'int' },
    { name: 'attempt', type: 'int' },
    { name: 'key', type: 'string', doc: 'Ordering key.' },
    { name: 'digest', type: 'string', doc: 'SHA-256 of the payload, hex.' },
    { name: 'submittedAt', type: timestamp },
    { name: 'startedAt', type: ['null', timestamp], default: null },
    { name: 'at', type: timestamp },
    { name: 'worker', type: 'string' },
    { name: 'command', type: positionSchema },
    { name: 'result', type: ['null', 'string'], default: null, doc: 'JSON.' },
    { name: 'error', type: ['null', 'string'], default: null, doc: 'A problem document (RFC 9457), JSON.' },
    { name: 'original', type: ['null', 'bytes'], default: null, doc: 'Dead letters: the value as it was read.' },
    { name: 'progress', type: ['null', 'string'], default: null, doc: 'JSON.' },
    { name: 'dueAt', type: ['null', timestamp], default: null, doc: 'Put off: when it runs next.' },
    { name: 'payload', type: ['null', 'string'], default: null, doc: 'Put off: canonical JSON to run with.' },
    { name: 'inPlace', type: 'boolean', default: false, doc: 'Put off: the same command runs again.' },
    { name: 'options', type: ['null', 'string'], default: null, doc: 'What was asked for besides the run, JSON.' },
  ],
};

export const eventType = avro.Type.forSchema(structuredClone(eventSchema) as avro.Schema);
