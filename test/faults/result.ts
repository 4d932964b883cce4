// What came of one scenario, and how it is told: the lines of a table, for the terminal and for docs/faults.md. Pure.
import type { Breach } from './invariants.ts';
import type { Scenario } from './scenario.ts';

export type Result = {
  readonly scenario: Pick<Scenario, 'id' | 'name' | 'holds'>;
  readonly seed: number;
  readonly counts: { readonly acked: number; readonly rejected: number; readonly unknown: number };
  readonly figures: Readonly<Record<string, number>>;
  readonly breaches: readonly Breach[];
  /** The fault could not be made, what must be seen of it was not, or the suite itself failed. */
  readonly failure: string | undefined;
  /** What the scenario saw. */
  readonly seen: string;
  /** Milliseconds from the end of the fault to the first outcome after it. */
  readonly recoveryMs: number | undefined;
  readonly tookMs: number;
  /** Logs, the journal and the executions. */
  readonly folder: string;
};

export const isBad = ({ breaches, failure }: Result): boolean => breaches.length > 0 || failure !== undefined;

/** Tells nothing, good or bad: the fault never came about. */
export const isFailed = ({ breaches, failure }: Result): boolean => breaches.length === 0 && failure !== undefined;

const seconds = (ms: number | undefined) => (ms === undefined ? '-' : `${(ms / 1_000).toFixed(1)} s`);

/** Of the process that grew most, where one lived long enough to be judged. */
const growth = ({ kibibytesPerMinute }: Result['figures']): string =>
  kibibytesPerMinute === undefined ? '' : `; memory grew by ${kibibytesPerMinute} KiB a minute at most`;

const head = [
  'fault',
  'load: acknowledged / refused / unknown',
  'holds',
  'breaches',
  'recovery',
  'quiet',
  'what was seen',
  'seed',
];

function row({ scenario, seed, counts, figures, breaches, failure, seen, recoveryMs }: Result): string[] {
  return [
    `${scenario.id} ${scenario.name}`,
    `${counts.acked} / ${counts.rejected} / ${counts.unknown}`,
    scenario.holds.join(' '),
    failure === undefined ? String(breaches.length) : `${breaches.length}, and not as meant`,
    seconds(recoveryMs),
    seconds(figures.quietMs),
    seen + growth(figures),
    String(seed),
  ];
}

/** A table in Markdown, its columns even. */
export function table(results: readonly Result[]): string {
  const rows = [head, ...results.map(row)].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = rows;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}

/** What went wrong, how to have it again, where to look. */
export function complaint({ scenario, seed, breaches, failure, folder }: Result): string {
  const shown = breaches.slice(0, 20).map(({ invariant, text }) => `  invariant ${invariant}: ${text}`);
  const more = breaches.length - shown.length;
  return [
    `${scenario.id} (${scenario.name}), seed ${seed}: ${breaches.length} breaches`,
    ...(failure === undefined ? [] : [`  ${failure}`]),
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
    `  again: npm run test:faults -- --only ${scenario.id} --seed ${seed}`,
    `  logs and journal: ${folder}`,
  ].join('\n');
}
