// The projection `statistics`: what became of the jobs of each type, by the minute, the hour and the day, and over all time. What each number
// counts stands in docs/projections.md; GET /stats answers from it. Everything is counted from an event that the log has once, so that the
// counts are the same however often they are made again.
import { type Change, defineProjection, type ProjectionDefinition } from '../schemas/define-projection.ts';
import type { EventKind, JobEvent } from '../schemas/event-fields.ts';
import { bucketOf, wholeMilliseconds } from '../schemas/histogram.ts';
import { type Step, statisticsId, statisticsName, stepBegin, stepLengths } from '../schemas/statistics.ts';

/** What an event of a kind adds one to. Each ends a job, but `retrying`: another attempt follows. */
const counted = {
  succeeded: ['succeeded'],
  failed: ['failed'],
  dead: ['failed', 'dead'],
  cancelled: ['cancelled'],
  retrying: ['retried'],
} as const satisfies Partial<Record<EventKind, readonly string[]>>;
type CountedKind = keyof typeof counted;

const isCounted = (kind: EventKind): kind is CountedKind => Object.hasOwn(counted, kind);
const kinds = Object.keys(counted).filter((kind): kind is CountedKind => Object.hasOwn(counted, kind));

const steps = ['1h', '1d', 'all'] as const;
/** The last moment that there is a date for. */
const lastDate = 8_640_000_000_000_000;

/** @param minutesMs how long documents by the minute are kept (milliseconds) */
export function statisticsProjection(minutesMs: number): ProjectionDefinition {
  const inMinute = (type: string, time: number, numbers: Pick<Change, 'add' | 'max'>): Change => {
    const at = stepBegin(time, '1m');
    const expiresAt = new Date(Math.min(lastDate, at + stepLengths['1m'] + minutesMs));
    return { id: statisticsId(type, '1m', at), set: { type, step: '1m', at }, expiresAt, ...numbers };
  };

  function event({ kind, type, attempt, submittedAt, startedAt, at }: JobEvent): Change[] {
    // A record that nobody could read tells of no job.
    if (type === '' || !isCounted(kind)) return [];
    const add: Record<string, number> = {};
    const max: Record<string, number> = {};
    const measure = (name: string, ms: number) => {
      const whole = wholeMilliseconds(ms);
      add[`${name}.count`] = 1;
      add[`${name}.sum`] = whole;
      add[`${name}.buckets.${bucketOf(whole)}`] = 1;
      max[`${name}.max`] = whole;
    };
    for (const name of counted[kind]) add[name] = 1;
    if (startedAt !== null) {
      measure('run', at - startedAt);
      if (attempt === 1) measure('wait', startedAt - submittedAt);
    }
    const changes = [inMinute(type, at, { add, max })];
    if (kind !== 'retrying') changes.push(inMinute(type, submittedAt, { add: { over: 1 } }));
    return changes;
  }

  /** The same sums, of the hour, the day and all time that the minute is in. */
  function* rollUp({ set, add = {}, max = {} }: Change): Generator<Change> {
    const { type, at } = { ...set };
    if (typeof type !== 'string' || typeof at !== 'number') throw new TypeError('a minute says its type and its time');
    for (const step of steps) {
      const begin = beginOf(at, step);
      yield { id: statisticsId(type, step, begin), set: { type, step, at: begin }, add, max };
    }
  }

  return defineProjection({
    ...{ name: statisticsName, description: 'What became of the jobs of each type, and how long it took' },
    ...{ kinds, event, rollUp },
    indexes: [{ step: 1, at: 1, type: 1 }],
  });
}

const beginOf = (at: number, step: Step | 'all') => (step === 'all' ? 0 : stepBegin(at, step));
