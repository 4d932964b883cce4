// The status of a job as it was at an earlier moment: a fold of its records up to there, read from the log itself. What the log does not
// hold any more is said, never guessed. Called by get-job-routes.ts for `?at=`.
import { isGone, type KafkaCluster } from '../platform/cluster.ts';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import type { Command } from '../schemas/command.ts';
import { jobOfEvent } from '../schemas/job-of-event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { type Position, positionText } from '../schemas/position.ts';
import { PutlogError } from '../schemas/problem.ts';
import { queuedJob } from '../schemas/queued-job.ts';
import { createAskLog } from './ask-log.ts';
import type { JobHistory } from './job-history.ts';
import type { Moment } from './moment.ts';

/**
 * `record`: where the record is that made it so. `final`: nothing that is still to come can change the answer; a record that is under way
 * may bear a time that has passed.
 */
export type JobThen = { job: JobDocument; record: Position; final: boolean };

/**
 * Of a position in the partition of the job's events all events up to it count; any other position stands for the time of its record. Of a
 * time all events count that stand before the first one that is later. @param job as it is now
 * @throws PutlogError unknown-job (not yet), unknown-position, records-deleted, log-unreadable
 */
export type JobAt = (job: JobDocument, moment: Moment, gone: AbortSignal) => Promise<JobThen>;

export type JobAtOptions = {
  history: JobHistory;
  cluster: Pick<KafkaCluster, 'watch' | 'offsets' | 'fetch'>;
  eventsTopic: string;
  commandTopics: readonly string[];
  readCommand: (value: Buffer | null) => Command | Promise<Command>;
};

const maxWaitMs = 100;
const iso = (at: number) => new Date(at).toISOString();
const deleted = (detail: string) => new PutlogError('records-deleted', `${detail}; a later moment can be told`);
const nowhere = (detail: string) => new PutlogError('unknown-position', detail);

export function createJobAt({ history, cluster, eventsTopic, commandTopics, readCommand }: JobAtOptions): JobAt {
  const askLog = createAskLog(cluster);

  /** The first one at or behind it: not every offset is that of a record. Undefined: there is none (yet). */
  async function recordFrom({ topic, partition, offset }: Position, end: number): Promise<FetchedRecord | undefined> {
    for (let from = offset; from < end; ) {
      const { records, next } = await askLog(topic, () => cluster.fetch(topic, partition, from, 1, maxWaitMs));
      const [record] = records;
      if (record !== undefined || next <= from) return record;
      from = next;
    }
    return undefined;
  }

  const edgeOf = async ({ topic, partition }: Position, at: 'earliest' | 'latest') =>
    (await askLog(topic, () => cluster.offsets([topic], at))).get(topic)?.[partition];

  async function timeOf(position: Position): Promise<number> {
    const { topic, partition, offset } = position;
    if (topic !== eventsTopic && !commandTopics.includes(topic))
      throw nowhere(`${topic} is not the topic of the events, and none of commands`);
    const end = await edgeOf(position, 'latest');
    if (end === undefined) throw nowhere(`${topic} has no partition ${partition}`);
    const yet = () => nowhere(`${topic}/${partition} goes up to ${end - 1}: there is nothing at ${offset} yet`);
    if (offset >= end) throw yet();
    try {
      const record = await recordFrom(position, end);
      if (record === undefined) throw yet();
      return record.timestamp;
    } catch (error) {
      if (!isGone(error)) throw error;
      throw deleted(`the record at ${positionText(position)} was deleted by retention`);
    }
  }

  /** Whether events of a job that was accepted at `createdAt` may be missing at the beginning of its partition. */
  async function mayBeDeleted({ command, createdAt }: JobDocument): Promise<boolean> {
    const events = { topic: eventsTopic, partition: command.partition, offset: 0 };
    const [start = 0, end = 0] = await Promise.all([edgeOf(events, 'earliest'), edgeOf(events, 'latest')]);
    if (start === 0) return false;
    const first = await recordFrom({ ...events, offset: start }, end);
    return first === undefined || first.timestamp > createdAt;
  }

  /** The job of which `after` is the first that an event told of this generation, before that event; undefined: there was something else. */
  async function acceptedBefore(after: JobDocument): Promise<JobDocument | undefined> {
    if (after.eventOffset === -1) return after;
    const { command } = after;
    const gone = () => deleted(`the command at ${positionText(command)} was deleted by retention`);
    try {
      const record = await recordFrom(command, command.offset + 1);
      if (record?.offset !== command.offset) throw gone();
      const asked = await readCommand(record.value);
      return asked.kind === 'submit' ? queuedJob(asked, command) : undefined;
    } catch (error) {
      throw isGone(error) ? gone() : error;
    }
  }

  return async (job, moment, gone) => {
    const name = job._id;
    const { partition } = job.command;
    const place = 'position' in moment ? moment.position : undefined;
    const time = 'time' in moment ? moment.time : await timeOf(moment.position);
    const own = place?.topic === eventsTopic && place.partition === partition ? place.offset : undefined;
    const counts = ({ updatedAt, eventOffset }: JobDocument) =>
      own === undefined ? updatedAt <= time : eventOffset <= own;

    const end = await history.endOf(job);
    let then = job.eventOffset >= 0 && counts(job) ? job : undefined;
    let next: JobDocument | undefined;
    for await (const { event, position } of history.read(job, { from: then && then.eventOffset + 1, end, gone })) {
      const seen = jobOfEvent(event, position.offset);
      if (seen === undefined) continue;
      if (!counts(seen)) {
        next = seen;
        break;
      }
      then = seen;
    }
    const final = own !== undefined;
    // Of a generation that no event up to there tells of, the command may have been there.
    const after = next ?? job;
    const isOlder = then === undefined || then.generation < after.generation;
    if (isOlder && after.createdAt <= time) {
      if (then === undefined && after.eventOffset >= 0 && (await mayBeDeleted(after)))
        throw deleted(`the oldest events that could tell of ${name} then were deleted by retention`);
      const accepted = await acceptedBefore(after);
      if (accepted !== undefined) return { job: accepted, record: accepted.command, final };
    }
    if (then !== undefined)
      return { job: then, record: { topic: eventsTopic, partition, offset: then.eventOffset }, final };
    if (after.generation > 0 || after.createdAt <= time)
      throw deleted(`the events that could tell of ${name} then were deleted by retention`);
    throw new PutlogError('unknown-job', `${name} was not there yet: it was accepted at ${iso(after.createdAt)}`);
  };
}
