// All invariants of the fault suite over one run: waits until it is quiet, reads the log, the read model, the executions
// and the offsets straight from where they are, and says every breach. The harness calls it after each scenario.
import type { Logger } from '../../platform/log.ts';
import { createMongo } from '../../platform/mongo.ts';
import { openReadModel } from '../../platform/read-model.ts';
import type { Position } from '../../schemas/position.ts';
import { groupNames } from '../../schemas/topics.ts';
import { silent } from '../stack/log.ts';
import { readExecutions } from './executions.ts';
import {
  type Breach,
  type Deleted,
  type History,
  isTerminalEvent,
  latestGenerations,
  nameOf,
  type Termination,
} from './invariants-history.ts';
import type { Observed } from './invariants-observe.ts';
import { executionsInOrderOfNumbers, outcomesInOrderOfNumbers } from './invariants-order.ts';
import {
  everyAcknowledgedJobHasItsOutcome,
  oneOutcomePerAttempt,
  oneTerminalEvent,
  poisonIsDeadOnce,
  unrunJobs,
} from './invariants-outcomes.ts';
import { behind, lags, untilNothingIsLeft, untilQuiet } from './invariants-quiet.ts';
import { nobodySeesAJobGoBack, readModelIsTheFold } from './invariants-reads.ts';
import {
  committedOffsetsGrow,
  endsInTime,
  greatestGrowth,
  lagIsZero,
  resourcesStayBounded,
} from './invariants-resources.ts';
import { oneRunPerTerm, refusedNeverRuns, unknownEndsOnce } from './invariants-runs.ts';
import { livesFollowTheDiagram } from './invariants-states.ts';
import type { Journal } from './journal.ts';
import { agreesWithPlainConsumer, countTerminalEvents } from './plain-consumer.ts';
import { createLogReader, type LogReader } from './reader.ts';

export type CheckOptions = {
  journal: Pick<Journal, 'jobs' | 'counts'>;
  /** Behind the proxies: addresses that advertise themselves. */
  kafka: string;
  registryUrl: string;
  /** With the name of the database. */
  mongoUri: string;
  prefix: string;
  executionsFile: string;
  observed: Observed;
  log?: Logger;
  poison?: readonly Position[];
  deleted?: Deleted;
  /** Kafka's console consumer reads the events too. */
  plain?: boolean;
  /** One that has read before, when the log held what is deleted since. It is closed at the end. */
  reader?: LogReader;
  terminations?: readonly Termination[];
  /** How long it may take until it is quiet (milliseconds). */
  quietMs?: number;
};

export type { Breach } from './invariants-history.ts';

export type Checked = { breaches: Breach[]; figures: Record<string, number> };

/** Every invariant, in the order of its number. */
export const breachesOf = (history: History): Breach[] =>
  [
    everyAcknowledgedJobHasItsOutcome,
    oneTerminalEvent,
    outcomesInOrderOfNumbers,
    executionsInOrderOfNumbers,
    refusedNeverRuns,
    unknownEndsOnce,
    oneRunPerTerm,
    livesFollowTheDiagram,
    readModelIsTheFold,
    nobodySeesAJobGoBack,
    poisonIsDeadOnce,
    committedOffsetsGrow,
    lagIsZero,
    oneOutcomePerAttempt,
    (of: History) => resourcesStayBounded(of),
    endsInTime,
  ].flatMap((invariant) => invariant(history));

/** Call it when nothing is being sent any more. @throws where Kafka, the registry or MongoDB cannot be read at all */
export async function checkInvariants(options: CheckOptions): Promise<Checked> {
  const { journal, observed, log = silent, quietMs = 60_000 } = options;
  const reader = options.reader ?? createLogReader({ ...options, log });
  const deleted = options.deleted ?? { unrun: [], unprojected: [] };
  const mongo = createMongo(options.mongoUri);
  try {
    const model = await openReadModel(mongo.db);
    const group = groupNames(options.prefix).workers;
    const quiet = await untilQuiet(reader, journal, deleted, quietMs);
    const lagging = await untilNothingIsLeft(
      async () => (await lags(reader, group)).filter(({ end, committed }) => end !== committed),
      quietMs,
    );
    const late = await untilNothingIsLeft(() => behind(reader, model), quietMs);
    log.debug({ quiet: quiet.ms, lagging, late }, 'quiet');
    // The lags before the log: what is done when they are zero is in it.
    const atEnd = await lags(reader, group);
    const [documents, executions] = await Promise.all([
      model.jobs.find().toArray(),
      readExecutions(options.executionsFile),
    ]);
    const history: History = {
      ...{ jobs: journal.jobs, log: reader.seen, documents, executions, lags: atEnd },
      ...{ commits: observed.commits, processes: observed.processes },
      terminations: options.terminations ?? [],
      poison: options.poison ?? [],
      deleted,
    };
    const breaches = breachesOf(history);
    const consumed = options.plain ? await consumePlainly(options, history, reader) : undefined;
    breaches.push(...(consumed?.breaches ?? []));
    for (const partition of late.left)
      breaches.push({ invariant: 5, text: `the read model is behind in ${partition} after ${quietMs} ms` });
    return { breaches, figures: { ...figuresOf(history, options, reader, quiet.ms), ...consumed?.figures } };
  } finally {
    await Promise.all([reader.close(), mongo.close()]);
  }
}

async function consumePlainly(
  { kafka, journal }: CheckOptions,
  { log, deleted }: History,
  reader: LogReader,
): Promise<Checked> {
  const began = performance.now();
  const { counts, kept, firsts } = await readPlainly(kafka, reader);
  const excused = unrunJobs({ log, deleted });
  for (const logged of log.events)
    if (isTerminalEvent(logged) && logged.offset < (firsts[logged.partition] ?? 0)) excused.add(nameOf(logged.event));
  const breaches = agreesWithPlainConsumer(counts, journal, excused, latestGenerations(log));
  return { breaches, figures: { plainlyRead: kept, plainMs: Math.round(performance.now() - began) } };
}

/** The console consumer stops after a number of records: one more meanwhile, a fence perhaps, and it lacks some of these. */
async function readPlainly(kafka: string, reader: LogReader) {
  for (;;) {
    const { topic, firsts, ends } = await reader.eventsKept();
    const kept = ends.reduce((sum, end, partition) => sum + end - (firsts[partition] ?? 0), 0);
    const counts = await countTerminalEvents(kafka, topic, kept);
    const after = await reader.eventsKept();
    if (after.ends.every((end, partition) => end === ends[partition])) return { counts, kept, firsts };
  }
}

function growthOf(processes: History['processes']): Record<string, number> {
  const growth = greatestGrowth(processes);
  return growth === undefined ? {} : { kibibytesPerMinute: Math.round(growth / 1_024) };
}

function figuresOf(
  { log, documents, executions, processes, jobs }: History,
  { journal, observed }: CheckOptions,
  reader: LogReader,
  quietMs: number,
): Record<string, number> {
  const begins = executions.filter(({ what }) => what === 'begin');
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    ...journal.counts,
    jobs: jobs.size,
    commands: log.commands.length,
    events: log.events.length,
    fences: log.fences.length,
    documents: documents.length,
    runs: begins.length,
    runAgain: begins.length - new Set(begins.map(({ job }) => job)).size,
    polled: [...jobs.values()].filter(({ readings }) => readings.length > 0).length,
    commits: observed.commits.length,
    mostMebibytes: Math.round(most(processes.map(({ rssBytes }) => rssBytes)) / 2 ** 20),
    ...growthOf(processes),
    mostDescriptors: most(processes.map(({ descriptors }) => descriptors)),
    topics: reader.topics.length,
    quietMs: Math.round(quietMs),
  };
}
