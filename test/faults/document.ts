// docs/faults.md: what the fault suite did in its last whole run, written by that run. Pure.

import { percentile } from './latency.ts';
import type { Mutated } from './mutate.ts';
import { type Result, table } from './result.ts';

export type WholeRun = {
  readonly results: readonly Result[];
  /** Runs whose fault never came about, which were made again. */
  readonly notAsMeant: number;
  readonly mutated: readonly Mutated[];
  readonly minutes: number;
  /** The day, `2026-01-31`; what it ran on, in words. */
  readonly date: string;
  readonly machine: string;
};

/** What a run lacks that would have to be in the document; empty: nothing. */
export function lacking(run: {
  /** Only some of the faults were chosen. */
  chosen: boolean;
  /** The long ones were cut short. */
  shortened: boolean;
  seeds: number;
  bad: number;
}): string[] {
  return [
    run.chosen && 'all faults must run: leave out --only and --ci',
    run.shortened && 'the long faults must run in full: unset FAULTS_MINUTES',
    run.seeds < 3 && `there must be three seeds or more (--seeds 3), not ${run.seeds}`,
    run.bad > 0 && `${run.bad} faults did not hold`,
  ].filter((one) => one !== false);
}

export function document({ results, notAsMeant, mutated, minutes, date, machine }: WholeRun): string {
  const acked = results.reduce((sum, { counts }) => sum + counts.acked, 0);
  const seeds = new Set(results.map(({ seed }) => seed)).size;
  return `# Faults

Written by \`npm run test:faults -- --seeds 3 --write-docs\`; do not edit.

The real processes run behind proxies that can lose an answer, hold a request back or cut a client off; processes and
servers are killed, stopped and frozen; all of it under load. When it is over everything that was acknowledged must be
there once and in order, and the read model must be what a fold over the log gives. The tables are one whole run:
${date}, ${machine}; ${results.length} runs of ${byFault(results).length} faults under ${seeds} seeds, ${acked} acknowledged PUTs,
${minutes.toFixed(0)} minutes. ${notAsMeant} more runs were made again, because the fault had not come about as it was meant; none that
broke an invariant was.

${table(results)}

- **load**: answers to PUTs. A refused or unknown PUT is asked for again, as a client would.
- **holds**: the invariants that the fault attacks most; every one is checked each time.
- **recovery**: from the end of the fault to the first outcome after it. **quiet**: until every acknowledged job had one.
- **seed**: \`npm run test:faults -- --only F1 --seed N\` makes the same choices again.
- Those that take minutes by themselves (F19, F20) run once, with the first seed, and last. None of them is in CI.

## Recovery

${recoveries(results)}

## Invariants

1. No acknowledged job is without an outcome once it is quiet (60 s).
2. A job has at most one terminal event, for a plain reader of the topic: ours, and Kafka's own console consumer.
3. Results of one key come in the order of its numbers.
4. What was refused never runs; what is unknown has at most one outcome.
5. The read model equals a fold over the log, document by document.
6. A reader that polls never sees a job go back.
7. A record that nobody can read is dead exactly once, byte for byte, and its partition moves on.
8. Committed offsets only grow; the lag returns to 0.
9. No attempt of a job has two recorded outcomes, whoever ran it.
10. Memory and descriptors stay bounded; SIGTERM ends a process within its deadline with nothing run twice.

F17 and F18 delete records. Jobs whose every command was deleted unrun have no outcome (1), and what the projector had not read
is not in the read model (5): both lists are known to the record, and nothing else is excused.

## A suite that cannot fail proves nothing

\`npm run test:faults -- --mutate\` takes one guard out of a copy of the source at a time and requires the suite to find a
breach each time. In this run:

${lines([['guard taken out', 'noticed by'], ...mutated.map(({ mutation, noticed }) => [mutation.name, noticed ? mutation.caughtBy.join(', ') : 'nobody'])])}

## What it does not show

A killed broker keeps what the operating system has in its page cache: nothing here tests a disk that lies about fsync,
nor the loss of one.
`;
}

const byFault = (results: readonly Result[]) => [...Map.groupBy(results, ({ scenario }) => scenario.id)];

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** Of each fault, over all seeds. */
function recoveries(results: readonly Result[]): string {
  const rows = byFault(results).map(([id, ofFault]) => {
    const times = ofFault.flatMap(({ recoveryMs }) => (recoveryMs === undefined ? [] : [recoveryMs]));
    const quiet = ofFault.flatMap(({ figures }) => (figures.quietMs === undefined ? [] : [figures.quietMs]));
    const of = (list: number[], share: number) => (list.length === 0 ? '-' : seconds(percentile(list, share)));
    return [id, String(ofFault.length), of(times, 0.5), of(times, 1), of(quiet, 0.5), of(quiet, 1)];
  });
  return lines([['fault', 'runs', 'recovery, median', 'worst', 'quiet, median', 'worst'], ...rows]);
}

function lines(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const [head = [], ...rest] = escaped.map((cells) => `| ${cells.join(' | ')} |`);
  return [head, `|${'---|'.repeat(rows[0]?.length ?? 0)}`, ...rest].join('\n');
}
