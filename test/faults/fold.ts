// What the read model must hold, computed from the log alone, and on purpose not with the projection's own code: of each
// job the last event of its latest generation counts, and where there is none yet the foremost command.
import type { EventKind, JobEvent } from '../../schemas/event.ts';
import type { JobDocument, JobState } from '../../schemas/job-status.ts';
import type { Log, LoggedEvent } from './reader.ts';

const states = new Map<EventKind, JobState>([
  ['scheduled', 'scheduled'],
  ['started', 'running'],
  ['progressed', 'running'],
  ['retrying', 'retrying'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['dead', 'failed'],
  ['cancelled', 'cancelled'],
]);
const final: ReadonlySet<JobState> = new Set<JobState>(['succeeded', 'failed', 'cancelled']);

/** `<type>/<id>` → its document. */
export function foldLog({ commands, events }: Pick<Log, 'commands' | 'events'>): Map<string, JobDocument> {
  const told = Map.groupBy(
    events.filter(({ event }) => states.has(event.kind) && event.type !== ''),
    ({ event }) => `${event.type}/${event.id}`,
  );
  // What no worker could read at its time stays unread, also where its schema has come up since.
  const unread = new Set(events.flatMap(({ event }) => (event.type === '' ? [placeOf(event.command)] : [])));
  const asked = Map.groupBy(
    commands.flatMap(({ command, position }) =>
      command?.kind !== 'submit' || unread.has(placeOf(position)) ? [] : [{ ...command, position }],
    ),
    ({ type, id }) => `${type}/${id}`,
  );
  const documents = new Map<string, JobDocument>();
  for (const [name, list] of asked) {
    const [first] = list.sort((a, b) => b.generation - a.generation || inLogOrder(a, b));
    if (first === undefined) continue;
    const { kind: _, payload: __, after: ___, position, submittedAt, ...job } = first;
    const nothing = {
      startedAt: null,
      finishedAt: null,
      expiresAt: null,
      result: null,
      error: null,
      worker: null,
      progress: null,
      eventOffset: -1,
    };
    const times = { createdAt: submittedAt, updatedAt: submittedAt };
    const state = job.dueAt === null ? 'queued' : 'scheduled';
    documents.set(name, { _id: name, ...job, state, command: position, ...nothing, ...times });
  }
  for (const [name, list] of told) {
    const [last] = list.sort((a, b) => b.event.generation - a.event.generation || b.offset - a.offset);
    const queued = documents.get(name);
    if (last !== undefined && (queued === undefined || queued.generation <= last.event.generation))
      documents.set(name, afterEvent(name, last));
  }
  return documents;
}

const placeOf = ({ topic, partition, offset }: JobDocument['command']) => `${topic}/${partition}@${offset}`;

type WithPosition = { position: JobDocument['command'] };

const inLogOrder = ({ position: a }: WithPosition, { position: b }: WithPosition): number =>
  (a.topic === b.topic ? 0 : a.topic < b.topic ? -1 : 1) || a.partition - b.partition || a.offset - b.offset;

function afterEvent(name: string, { event, offset }: LoggedEvent): JobDocument {
  const {
    kind,
    at,
    submittedAt,
    original: _,
    payload: __,
    inPlace: ___,
    ...rest
  }: JobEvent = { ...event, command: { ...event.command } };
  const state = states.get(kind) ?? 'queued';
  const finishedAt = final.has(state) ? at : null;
  return {
    _id: name,
    ...rest,
    state,
    createdAt: submittedAt,
    finishedAt,
    expiresAt: null,
    updatedAt: at,
    eventOffset: offset,
  };
}
