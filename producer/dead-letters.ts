// Dead letters: a page of them from the read model, one with its bytes from the log, and sending them again. Called by the routes.
import { setTimeout as delay } from 'node:timers/promises';
import type { Filter } from 'mongodb';
import type { KafkaCluster } from '../platform/cluster.ts';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { LogRecord, LogWriter } from '../platform/log-writer.ts';
import { encodeWire, UndecodableError } from '../platform/wire-format.ts';
import type { TypePatterns } from '../schemas/access.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { type DeadLetter, redriveHeader } from '../schemas/dead-letter.ts';
import type { JobEvent } from '../schemas/event.ts';
import { jobKey } from '../schemas/job-status.ts';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import { askReadModel, readPatience } from './ask-read-model.ts';
import { typeFilter } from './caller.ts';

/** Those of which all that is given is so. Times in milliseconds since the epoch, the second one excluded. */
export type DeadLetterFilter = {
  type?: string;
  code?: string;
  position?: string;
  after?: number;
  before?: number;
  redriven?: boolean;
  /** Of these alone; what nobody could read is of no type. */
  types?: TypePatterns;
};

/** Where a page ends: the next one begins behind it. */
export type DeadLetterCursor = Pick<DeadLetter, 'at' | '_id'>;

/** With the record's value as it was read; null: it did not fit into its event. */
export type WholeDeadLetter = { letter: DeadLetter; original: Buffer | null };

export type DeadLetters = ReturnType<typeof createDeadLetters>;

export type DeadLettersOptions = {
  versions: ReadVersions;
  cluster: Pick<KafkaCluster, 'fetch'>;
  writer: Pick<LogWriter, 'append'>;
  eventsTopic: string;
  commandSchemaId: number;
  readCommand: (value: Buffer | null) => Command | Promise<Command>;
  readEvent: (value: Buffer | null) => JobEvent | Promise<JobEvent>;
  /** CloudEvents `source`. */
  source: string;
};

const asked = <T>(answer: T | Promise<T>): Promise<T> => askReadModel('Dead letters', Promise.resolve(answer));

function queryOf({ type, code, position, after, before, redriven, types }: DeadLetterFilter): Filter<DeadLetter> {
  return {
    // A letter of which only its redrive was read so far has no time.
    at: { $gte: after ?? 0, ...(before !== undefined && { $lt: before }) },
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(position !== undefined && { _id: position }),
    ...(redriven !== undefined && { redrivenAt: { $exists: redriven } }),
    ...typeFilter(types),
  };
}

export function createDeadLetters(options: DeadLettersOptions) {
  const { versions, cluster, writer, eventsTopic, commandSchemaId, readCommand, readEvent, source } = options;

  async function page(filter: DeadLetterFilter, limit: number, behind?: DeadLetterCursor): Promise<DeadLetter[]> {
    const query = queryOf(filter);
    const signal = AbortSignal.timeout(readPatience);
    const { current } = await asked(versions(signal));
    const older = behind && { $or: [{ at: { $lt: behind.at } }, { at: behind.at, _id: { $lt: behind._id } }] };
    const found = current.deadLetters
      .find(older === undefined ? query : { $and: [query, older] }, { signal })
      .sort({ at: -1, _id: -1 })
      .limit(limit);
    return asked(found.toArray());
  }

  /** @throws PutlogError read-model-unavailable: the log, or what it holds, cannot be read right now */
  async function originalOf({ command, eventOffset }: DeadLetter): Promise<Buffer | null> {
    const { records } = await asked(cluster.fetch(eventsTopic, command.partition, eventOffset, 1, 1_000));
    const record = records.find(({ offset }) => offset === eventOffset);
    if (record === undefined) return null;
    return (await readEvent(record.value)).original;
  }

  /** As a new generation; a record that nobody could read goes as it is. Undefined: nothing is left of it to send. */
  async function recordOf(letter: DeadLetter, original: Buffer): Promise<LogRecord> {
    const { topic, partition } = letter.command;
    const submittedAt = Date.now();
    const subject = letter.type === '' ? letter._id : jobKey(letter.type, letter.id);
    const generation = letter.generation + 1;
    const about = {
      id: `${subject}/${generation}/submit`,
      source,
      type: 'putlog.job.submit',
      subject,
      at: submittedAt,
    };
    return {
      ...{ topic, partition, key: Buffer.from(letter.key) },
      value: await commandOf(letter, original, { generation, submittedAt }),
      headers: { ...recordHeaders(about, childTraceparent(undefined)), [redriveHeader]: letter._id },
      timestamp: submittedAt,
    };
  }

  async function commandOf(letter: DeadLetter, original: Buffer, next: Pick<Command, 'generation' | 'submittedAt'>) {
    if (letter.type === '') return original;
    const { type, id, key, payload, digest, options } = await readCommand(original);
    const first = { kind: 'submit', attempt: 1, dueAt: null, after: null } as const;
    return encodeWire(commandType, commandSchemaId, { ...first, type, id, key, payload, digest, options, ...next });
  }

  /** @throws PutlogError log-unavailable, outcome-unknown, overloaded, read-model-unavailable */
  async function redriveOne(letter: DeadLetter): Promise<'redriven' | 'gone'> {
    const original = await originalOf(letter);
    if (original === null) return 'gone';
    try {
      await writer.append(await recordOf(letter, original));
      return 'redriven';
    } catch (error) {
      if (error instanceof UndecodableError) return 'gone';
      throw error;
    }
  }

  return {
    /** Newest first. @throws PutlogError read-model-unavailable */
    page,

    /** Undefined: there is none at this position. @throws PutlogError read-model-unavailable */
    async find(position: string): Promise<WholeDeadLetter | undefined> {
      const [letter] = await page({ position }, 1);
      return letter && { letter, original: await originalOf(letter) };
    },

    /**
     * Sends again what was not yet, the oldest of the newest `limit` last, at most `perSecond` a second, and yields each. Whatever is
     * interrupted can be asked for once more: a second command of a generation does nothing.
     */
    async *redrive(filter: DeadLetterFilter, { limit, perSecond }: { limit: number; perSecond: number }) {
      let behind: DeadLetterCursor | undefined;
      const began = performance.now();
      for (let sent = 0; sent < limit; ) {
        const letters = await page({ ...filter, redriven: false }, Math.min(100, limit - sent), behind);
        for (const letter of letters) {
          const wait = began + (sent * 1_000) / perSecond - performance.now();
          if (wait > 0) await delay(wait);
          yield { letter, outcome: await redriveOne(letter) };
          sent++;
        }
        behind = letters.at(-1);
        if (behind === undefined) return;
      }
    },
  };
}
