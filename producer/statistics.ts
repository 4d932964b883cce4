// What GET /stats answers: the documents of the projection `statistics` added up, with the jobs that are not over. Called by stats-routes.
import type { Db, Filter } from 'mongodb';
import { projectionCollection } from '../platform/projection-store.ts';
import type { TypePatterns } from '../schemas/access.ts';
import {
  addHistogram,
  emptyHistogram,
  type Histogram,
  type HistogramSummary,
  summaryOf,
} from '../schemas/histogram.ts';
import { type StatisticsDocument, type Step, statisticsId, statisticsName } from '../schemas/statistics.ts';
import { askReadModel, readPatience } from './ask-read-model.ts';
import { typeFilter } from './caller.ts';
import type { CountOpenJobs, OpenJobs } from './open-jobs.ts';
import { partsOf, type Range } from './statistics-range.ts';

/** Times in milliseconds. */
export type Numbers = {
  accepted: number;
  waiting: number;
  running: number;
  succeeded: number;
  failed: number;
  dead: number;
  cancelled: number;
  retried: number;
  runTime: HistogramSummary;
  waitTime: HistogramSummary;
};

/** `at`: the beginning of its step, in milliseconds since the epoch. */
export type Point = { at: number; numbers: Numbers };

/** `range`: whole, as `wholeRange` gives it; undefined: all time. `types` undefined: all. */
export type StatisticsQuery = { types: TypePatterns; range: Range | undefined };

export type Statistics = {
  /** @throws PutlogError read-model-unavailable */
  total: (query: StatisticsQuery) => Promise<Numbers>;
  /** Of each step in which anything was counted, in the order of time. @throws PutlogError read-model-unavailable */
  series: (query: StatisticsQuery & { range: Range }, step: Step) => Promise<Point[]>;
  /** Has a job of this type ever come to anything? @throws PutlogError read-model-unavailable */
  knows: (type: string) => Promise<boolean>;
};

const asked = <T>(answer: Promise<T>): Promise<T> => askReadModel('Statistics', answer);

const sums = ['succeeded', 'failed', 'dead', 'cancelled', 'retried'] as const;

function numbersOf(documents: readonly StatisticsDocument[], open: readonly OpenJobs[]): Numbers {
  const [run, wait] = [emptyHistogram(), emptyHistogram()];
  const counts: Record<(typeof sums)[number], number> = { succeeded: 0, failed: 0, dead: 0, cancelled: 0, retried: 0 };
  let over = 0;
  for (const document of documents) {
    over += document.over ?? 0;
    for (const name of sums) counts[name] += document[name] ?? 0;
    addHistogram(run, whole(document.run));
    addHistogram(wait, whole(document.wait));
  }
  let running = 0;
  let waiting = 0;
  for (const { state, count } of open) {
    if (state === 'running') running += count;
    else waiting += count;
  }
  return {
    accepted: over + waiting + running,
    ...{ waiting, running, ...counts },
    ...{ runTime: summaryOf(run), waitTime: summaryOf(wait) },
  };
}

/** Only what was ever added stands in a document. */
const whole = (found: Partial<Histogram> | undefined): Histogram | undefined =>
  found && { ...emptyHistogram(), ...found };

const partFilter = ({ step, from, to }: Range & { step: Step }): Filter<StatisticsDocument> => ({
  step,
  at: { $gte: from, $lt: to },
});

export function createStatistics({ db, countOpen }: { db: Db; countOpen: CountOpenJobs }): Statistics {
  const documents = db.collection<StatisticsDocument>(projectionCollection(statisticsName));

  async function found(types: TypePatterns, parts: readonly Filter<StatisticsDocument>[]) {
    if (parts.length === 0) return [];
    const signal = AbortSignal.timeout(readPatience);
    return documents.find({ $and: [{ $or: [...parts] }, typeFilter(types)] }, { signal }).toArray();
  }

  return {
    async total({ types, range }) {
      const parts = range === undefined ? [{ step: 'all' } as const] : partsOf(range).map(partFilter);
      const [counted, open] = await asked(
        Promise.all([found(types, parts), countOpen({ types, range, step: undefined })]),
      );
      return numbersOf(counted, open);
    },

    async series({ types, range }, step) {
      const parts = [partFilter({ ...range, step })];
      const [counted, open] = await asked(Promise.all([found(types, parts), countOpen({ types, range, step })]));
      const [countedAt, openAt] = [Map.groupBy(counted, ({ at }) => at), Map.groupBy(open, ({ at }) => at)];
      const times = [...new Set([...countedAt.keys(), ...openAt.keys()])].sort((a, b) => a - b);
      return times.map((at) => ({ at, numbers: numbersOf(countedAt.get(at) ?? [], openAt.get(at) ?? []) }));
    },

    knows: async (type) =>
      (await asked(documents.findOne({ _id: statisticsId(type, 'all', 0) }, { projection: { _id: 1 } }))) !== null,
  };
}
