// Counts the members of groups that are over, in MongoDB: each once, with its first end. Whoever sees that a group is complete gets
// the command that follows it, which is the same for everybody. consumer/follow.ts calls it for the ends of members.
import type { Collection, Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { insertSmall } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import type { Command } from '../schemas/command.ts';
import { fitting } from './fitting.ts';
import { finalCommand, type MemberEnd, type MemberOver, memberSize } from './group-end.ts';

/** `_id` is `<group>/<type>/<id>`. */
type MemberDocument = MemberOver & { _id: string; group: string; index: number; bytes: number; expiresAt: Date | null };

type Waiting = { end: MemberEnd; resolve: (final: Command | undefined) => void; reject: (error: unknown) => void };

export type Groups = ReturnType<typeof createGroups>;

/** For one round trip: records and bytes. MongoDB takes 16 MiB at most. */
const most = { ends: 500, bytes: 4 * 2 ** 20 };

export async function prepareGroups(db: Db) {
  const indexes = [{ key: { group: 1, index: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }] as const;
  await db.collection('group_ends').createIndexes([...indexes]);
}

/** `maxPayloadBytes`: what follows is given the results where they fit. `keepMs`: how long a complete group is remembered. */
export type GroupsOptions = {
  db: Db;
  log: Logger;
  fatal: (error: unknown) => void;
  maxPayloadBytes: number;
  keepMs: number;
};

export function createGroups({ db, log, fatal, maxPayloadBytes, keepMs }: GroupsOptions) {
  const ends: Collection<MemberDocument> = db.collection('group_ends');
  let waiting: Waiting[] = [];
  let working = false;
  let closed = false;
  const givenUp = () => closed;

  async function work() {
    while (waiting.length > 0 && !closed) {
      const first = waiting.slice(0, most.ends);
      const batch = first.slice(
        0,
        fitting(first, ({ end }) => memberSize(end), most.bytes),
      );
      const documents = batch.map(({ end }) => documentOf(end));
      const what = 'count the members of groups that are over';
      await persist(() => insertSmall(db, ends.collectionName, documents), { log, what, givenUp });
      const groups = new Map(batch.map(({ end }) => [end.group, end]));
      const finals = new Map<string, Command | undefined>();
      for (const [group, end] of groups) finals.set(group, await persist(() => finalOf(end), { log, what, givenUp }));
      waiting = waiting.slice(batch.length);
      for (const { end, resolve } of batch) resolve(finals.get(end.group));
    }
    working = false;
  }

  /** Undefined: others of it are not over yet. */
  async function finalOf({ group, size, final }: MemberEnd): Promise<Command | undefined> {
    if ((await ends.countDocuments({ group })) < size) return undefined;
    const brief = { projection: { result: 0, error: 0 } };
    const members = await ends.find({ group }, brief).sort({ index: 1 }).toArray();
    const bytes = members.reduce((sum, one) => sum + one.bytes, 0);
    const whole = bytes <= maxPayloadBytes ? await ends.find({ group }).sort({ index: 1 }).toArray() : undefined;
    return finalCommand({ group, final }, { members, whole, maxPayloadBytes });
  }

  return {
    /** What follows the group, once this end is counted and all others are; waits while MongoDB is away. */
    ended: (end: MemberEnd): Promise<Command | undefined> =>
      new Promise((resolve, reject) => {
        waiting.push({ end, resolve, reject });
        if (working) return;
        working = true;
        setImmediate(() => work().catch((error) => closed || fatal(error)));
      }),

    /** What follows it is in the log: it need not be counted for ever. */
    async complete(group: string): Promise<void> {
      const expiresAt = new Date(Date.now() + keepMs);
      const forget = () => ends.updateMany({ group, expiresAt: null }, { $set: { expiresAt } });
      await persist(forget, { log, what: 'note that a group is complete', givenUp });
    },

    close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('the worker stops'));
    },
  };
}

const documentOf = (end: MemberEnd): MemberDocument => {
  const { group, index, type, id, state, at, result, error } = end;
  const over = { type, id, state, at, result, error };
  return { _id: `${group}/${type}/${id}`, group, index, ...over, bytes: memberSize(end), expiresAt: null };
};
