// GET /stats: what became of the jobs, of all types or of one, over all time or of some, and step by step.
import type { FastifyInstance } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { isStep, minutesSince, type Step, stepLengths } from '../schemas/statistics.ts';
import { statusType } from './answer-submit.ts';
import { typesOf } from './caller.ts';
import { describeStats } from './describe-stats.ts';
import { dateTime, parametersOf, refuseQuery } from './query-values.ts';
import { unknownJobType } from './refuse-submit.ts';
import type { Numbers, Statistics } from './statistics.ts';
import { type Range, stepsIn, wholeRange } from './statistics-range.ts';

/** `minutesMs`: how long minutes are kept. */
export type StatsOptions = { jobs: ReadonlyMap<string, LoadedJob>; statistics: Statistics; minutesMs: number };

type Asked = { type?: string; from?: number; to?: number; step?: Step };

const known = ['type', 'from', 'to', 'step'];
/** A day by the minute is a little more. */
const mostPoints = 1_500;

/** @throws PutlogError malformed-request */
function queryOf(url: string): Asked {
  const asked: Asked = {};
  for (const [name, value] of parametersOf(url, known)) {
    if (name === 'from' || name === 'to') asked[name] = dateTime(name, value);
    else if (name === 'step') {
      if (!isStep(value)) throw refuseQuery(`"step" must be one of ${Object.keys(stepLengths).join(', ')}`);
      asked.step = value;
    } else {
      if (!isTypeName(value)) throw refuseQuery('"type" must be a dotted name in lower case, such as image.thumbnail');
      asked.type = value;
    }
  }
  const { from, to, step } = asked;
  if (step !== undefined && from === undefined)
    throw refuseQuery('"step" needs "from": a series has a beginning, such as from=2030-01-31T08:00:00Z');
  if (from !== undefined && from >= (to ?? Date.now()))
    throw refuseQuery(to === undefined ? '"from" must be in the past' : '"from" must be before "to"');
  return asked;
}

/** Undefined: all time. @throws PutlogError malformed-request */
function rangeOf({ from, to, step }: Asked, now: number, minutesMs: number): Range | undefined {
  if (from === undefined && to === undefined) return undefined;
  const range = wholeRange({ from: from ?? 0, to: to ?? now }, now, minutesMs, step);
  if (step === undefined) return range;
  const since = minutesSince(now, minutesMs);
  if (step === '1m' && range.from < since)
    throw refuseQuery(`"step" cannot be 1m before ${new Date(since).toISOString()}: older than that take 1h or 1d`);
  if (stepsIn(range, step) > mostPoints)
    throw refuseQuery(`"step" cannot be ${step} for so long: ask for at most ${mostPoints} steps, or larger ones`);
  return range;
}

const iso = (at: number) => new Date(at).toISOString();
const pointBody = ({ at, numbers }: { at: number; numbers: Numbers }) => ({ from: iso(at), ...numbers });

export const statsRoutes =
  ({ jobs, statistics, minutesMs }: StatsOptions) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/stats', { config: describeStats }, async (request, reply) => {
      const asked = queryOf(request.url);
      const { type, from, step } = asked;
      // What was counted of a type that is not loaded here any more can still be asked for.
      if (type !== undefined && !jobs.has(type) && !(await statistics.knows(type))) throw unknownJobType(type, jobs);
      const range = rangeOf(asked, Date.now(), minutesMs);
      const types = type === undefined ? typesOf(request) : [type];
      const [total, series] = await Promise.all([
        statistics.total({ types, range }),
        step !== undefined && range !== undefined ? statistics.series({ types, range }, step) : undefined,
      ]);
      const body = {
        ...(type !== undefined && { type }),
        ...(range !== undefined && { ...(from !== undefined && { from: iso(range.from) }), to: iso(range.to) }),
        ...total,
        ...(series && { step, series: series.map(pointBody) }),
      };
      return reply.header('cache-control', 'no-store').header('content-type', statusType).send(JSON.stringify(body));
    });
    done();
  };
