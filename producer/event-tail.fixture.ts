// For tests: a tail of the events that tells what it is given, and a log of the same events to read a job's history from.
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Command } from '../schemas/command.ts';
import type { EventKind, JobEvent } from '../schemas/event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import type { Position } from '../schemas/position.ts';
import type { EventHubOptions } from './event-hub.ts';
import type { TakeRecords } from './event-tail.ts';
import type { JobHistoryOptions } from './job-history.ts';

export const eventsTopic = 'test.events';
export const commandsTopic = 'test.commands.default.normal';

/** An event about a job that `queuedJob` of app.fixture made. */
export function eventOf(job: JobDocument, kind: EventKind, fields: Partial<JobEvent> = {}): JobEvent {
  const { type, id, generation, attempt, key, digest, createdAt, command } = job;
  return {
    ...{ kind, type, id, generation, attempt, key, digest, submittedAt: createdAt, command },
    ...{ startedAt: createdAt + 10, at: createdAt + 20, worker: 'w' },
    ...{ result: null, error: null, original: null, progress: null, dueAt: null, payload: null },
    ...{ inPlace: false, options: null },
    ...fields,
  };
}

/** One partition of events, and one of commands, of which retention can take the oldest. `opened` and `closed` count tails. */
export function createFakeLog({ ready = Promise.resolve() }: { ready?: Promise<void> } = {}) {
  const records: FetchedRecord[] = [];
  const events = new Map<string, JobEvent>();
  const takers = new Set<TakeRecords>();
  const counts = { opened: 0, closed: 0, decoded: 0 };

  const readEvent = (value: Buffer | null): JobEvent => {
    counts.decoded++;
    const event = events.get(String(value));
    if (event === undefined) throw new Error(`no event ${value}`);
    return event;
  };
  const hubOptions: Pick<EventHubOptions, 'openTail' | 'topic' | 'readEvent'> = {
    topic: eventsTopic,
    readEvent,
    openTail(take) {
      counts.opened++;
      ready.then(() => takers.add(take));
      return {
        ready,
        async close() {
          counts.closed++;
          takers.delete(take);
        },
      };
    },
  };
  const asked: FetchedRecord[] = [];
  const commands = new Map<string, Command>();
  const starts = { [eventsTopic]: 0, [commandsTopic]: 0 };
  const recordsOf = (topic: string) => (topic === eventsTopic ? records : asked);
  const startOf = (topic: string) => starts[topic === eventsTopic ? eventsTopic : commandsTopic];
  const cluster: JobHistoryOptions['cluster'] = {
    watch: async () => undefined,
    offsets: async ([topic = ''], at) =>
      new Map([[topic, Array(8).fill(at === 'latest' ? recordsOf(topic).length : startOf(topic))]]),
    offsetAt: async (topic, _partition, at) =>
      recordsOf(topic).find(({ offset, timestamp }) => offset >= startOf(topic) && timestamp >= at)?.offset,
    fetch: async (topic, _partition, offset) => {
      if (offset < startOf(topic)) throw Object.assign(new Error('offset out of range'), { code: 1 });
      // Two at a time, so that there is more than one answer to read.
      const found = recordsOf(topic).slice(offset, offset + 2);
      return { records: found, next: offset + found.length, end: recordsOf(topic).length };
    },
  };
  const readCommand = (value: Buffer | null): Command => {
    const command = commands.get(String(value));
    if (command === undefined) throw new Error(`no command ${value}`);
    return command;
  };
  /** Its position. */
  function appendCommand(command: Command, partition: number): Position {
    const offset = asked.length;
    commands.set(String(offset), command);
    const key = Buffer.from(command.key);
    asked.push({ offset, timestamp: command.submittedAt, key, value: Buffer.from(String(offset)), headers: {} });
    return { topic: commandsTopic, partition, offset };
  }
  /** Retention takes what stands before `offset`. */
  const deleteBefore = (topic: typeof eventsTopic | typeof commandsTopic, offset: number) => {
    starts[topic] = offset;
  };

  /** Into the log, and told. */
  async function append(event: JobEvent): Promise<number> {
    const offset = records.length;
    events.set(String(offset), event);
    const name = `${event.type}/${event.id}`;
    const record: FetchedRecord = {
      ...{ offset, timestamp: event.at, key: Buffer.from(name), value: Buffer.from(String(offset)) },
      headers: {
        ce_type: `putlog.job.${event.kind}`,
        ce_id: `${name}/${event.generation}.${event.attempt}/${event.kind}`,
      },
    };
    records.push(record);
    for (const take of takers) await take(event.command.partition, [record]);
    return offset;
  }
  return {
    ...{ hubOptions, readEvent, readCommand, cluster, append, appendCommand, deleteBefore, counts },
    commandTopics: [commandsTopic],
  };
}
