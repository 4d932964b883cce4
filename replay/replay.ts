// `putlog replay`: runs past calls of a job type through new code and compares what comes of it with what was recorded. It reads the log
// without a group, and writes nothing: no claims, no events, nothing in MongoDB.
import type { HandlerResult } from '../consumer/handler-result.ts';
import type { HandlerRunner } from '../consumer/handler-runner.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import type { PersonalData } from '../platform/personal-data.ts';
import type { HistoryLog } from '../projections/history-log.ts';
import { createSpeed } from '../projections/speed.ts';
import { compareOutcomes, type Difference, type DifferenceKind, isOfFunction } from './compare-outcomes.ts';
import { createDryRuns } from './dry-runs.ts';
import { createOpenCall } from './open-call.ts';
import type { PastCall, PastEnd } from './pair-ends.ts';
import { createReader } from './read-part.ts';
import { type SpanOptions, spanOf } from './span.ts';

export type FoundDifference = Difference & { id: string; generation: number; attempt: number };

/** Records of commands that were read, `of` so many; calls that were compared, and those that came to something else. */
export type ReplayProgress = {
  type: string;
  read: number;
  of: number;
  perSecond: number;
  compared: number;
  differ: number;
};

export type ReplayTools = {
  history: HistoryLog;
  job: LoadedJob;
  handlers: Pick<HandlerRunner, 'run'>;
  /** Undefined: the type has no personal fields. */
  personal: PersonalData | undefined;
  log: Logger;
  /** Aborted: it ends, with what it has found by then. */
  signal: AbortSignal;
  /** A few times a second. */
  told: (progress: ReplayProgress) => void;
  differs: (difference: FoundDifference) => void;
};

export type ReplayOptions = SpanOptions & { limit: number; concurrency: number };

/**
 * @property calls of the type in the span: `compared`, and all below.
 * @property unended no end of theirs is in the log.
 * @property notOfFunction their end was not their function's doing: cancelled, or no worker ran them.
 * @property erased personal fields of theirs were erased: they read `[erased]`, and no function is called with that.
 * @property repeated of a job that had been called before.
 * @property unreadable records that nobody can read, or whose personal fields cannot be opened: they tell nothing of a job.
 * @property gone retention may have taken the first calls of the span.
 * @property interrupted the signal came before its end. @property limited `limit` came before its end.
 */
export type Replayed = {
  type: string;
  compared: number;
  equal: number;
  differ: Record<DifferenceKind, number>;
  unended: number;
  notOfFunction: number;
  erased: number;
  repeated: number;
  unreadable: number;
  gone: boolean;
  interrupted: boolean;
  limited: boolean;
  ms: number;
};

const tellEvery = 250;

/** @throws Error where the log has no such span, or cannot be read */
export async function replay(tools: ReplayTools, options: ReplayOptions): Promise<Replayed> {
  const { history, job, handlers, personal, log, signal, told, differs } = tools;
  const { limit, concurrency } = options;
  const { type } = job.definition;
  const began = performance.now();
  const span = await spanOf(options, history, log);
  const differ = { result: 0, payload: 0, returned: 0, outcome: 0 };
  let compared = 0;
  let equal = 0;
  let begun = 0;
  let notOfFunction = 0;
  const unopened = { erased: 0, broken: 0 };

  function done({ command }: PastCall, end: PastEnd, result: HandlerResult): void {
    compared++;
    const difference = compareOutcomes(end, command.payload, result);
    if (difference === undefined) {
      equal++;
      return;
    }
    differ[difference.kind]++;
    const { id, generation } = command;
    differs({ id, generation, attempt: end.attempt, ...difference });
  }

  const openCall = createOpenCall({ job, personal, log, signal });
  const runs = createDryRuns({ job, handlers, concurrency, signal, done });
  const reader = createReader({
    ...{ history, type, log, signal, accepts: span.accepts },
    enough: () => begun >= limit,
    async paired(call, end) {
      if (!isOfFunction(end)) {
        notOfFunction++;
        return;
      }
      const opened = await openCall(call);
      if (typeof opened === 'string') {
        unopened[opened]++;
        return;
      }
      begun++;
      await runs.add(opened, end);
    },
  });
  const speed = createSpeed();
  const tell = () => {
    const { read } = reader.counts();
    told({ type, read, of: span.of, perSecond: speed(read), compared, differ: compared - equal });
  };
  const timer = setInterval(tell, tellEvery);
  try {
    for (const part of span.parts) await reader.read(part);
    await runs.settled();
  } finally {
    clearInterval(timer);
    runs.close();
  }
  tell();
  const { unended, repeated, unreadable: undecoded } = reader.counts();
  const { erased, broken } = unopened;
  const unreadable = undecoded + broken;
  return {
    ...{ type, compared, equal, differ, unended, notOfFunction, erased, repeated, unreadable, gone: span.gone },
    ...{ interrupted: signal.aborted, limited: begun >= limit, ms: Math.round(performance.now() - began) },
  };
}
