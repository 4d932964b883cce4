// How far each schedule is, in MongoDB: the worker that fires it writes it, and a later owner and the producer read it. It only moves
// forward, so that an owner who has not noticed that it is none takes nothing back.
import type { AnyBulkWriteOperation, Db } from 'mongodb';
import type { Position } from '../schemas/position.ts';
import type { Schedule } from '../schemas/schedule.ts';

/** Times in milliseconds since the epoch. */
export type ScheduleState = {
  /** Every time up to this one is decided. */
  until: number;
  /** The latest job, `name` is `<type>/<id>`, and the time it is for. */
  job: { name: string; at: number; command: Position } | null;
  /** How many times were left out because an earlier job was not over. */
  skipped: number;
};

type StateDocument = ScheduleState & { _id: string };
type Begun = { _id: string; begun: number };

/** No schedule is called that: its states have a slash. */
const begunId = 'begun';

/** A schedule that was deleted and comes again under its id begins anew. */
const stateId = (id: string, { createdAt }: Pick<Schedule, 'createdAt'>): string => `${id}/${createdAt}`;

export type ScheduleStates = ReturnType<typeof createScheduleStates>;

/** @throws what MongoDB says, each of its functions */
export function createScheduleStates(db: Db) {
  const states = db.collection<StateDocument>('schedules');
  const begun = db.collection<Begun>('schedules');
  return {
    /**
     * Since when states are kept here: of a schedule that is older and has none here it is not known how far it was. MongoDB was dropped,
     * or is new.
     */
    async begun(): Promise<number> {
      const first = { $setOnInsert: { begun: Date.now() } };
      const found = await begun.findOneAndUpdate({ _id: begunId }, first, { upsert: true, returnDocument: 'after' });
      return found?.begun ?? Date.now();
    },

    /** By id, of those that have one. */
    async read(schedules: readonly { id: string; schedule: Schedule }[]): Promise<Map<string, ScheduleState>> {
      const ids = new Map(schedules.map(({ id, schedule }) => [stateId(id, schedule), id]));
      const found = await states
        .find({ _id: { $in: [...ids.keys()] } }, { signal: AbortSignal.timeout(10_000) })
        .toArray();
      return new Map(found.map(({ _id, until, job, skipped }) => [ids.get(_id) ?? '', { until, job, skipped }]));
    },

    async save(all: readonly { id: string; schedule: Schedule; state: ScheduleState }[]): Promise<void> {
      const writes = all.map(({ id, schedule, state }): AnyBulkWriteOperation<StateDocument> => {
        const _id = stateId(id, schedule);
        const later = { $lt: [{ $ifNull: ['$until', -1] }, state.until] };
        const update = [{ $replaceWith: { $cond: [later, { $literal: { _id, ...state } }, '$$ROOT'] } }];
        return { updateOne: { filter: { _id }, update, upsert: true } };
      });
      if (writes.length > 0) await states.bulkWrite(writes, { ordered: false });
    },

    /** Of a schedule that is deleted. */
    async forget(id: string, schedule: Schedule): Promise<void> {
      await states.deleteOne({ _id: stateId(id, schedule) });
    },
  };
}
