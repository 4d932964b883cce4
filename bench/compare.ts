// What came of several runs of several systems, as Markdown: the median of each figure with the least and the most, and Putlog's
// beside that of each other system. Pure.
import type { Measured } from './measure.ts';

/** `mib` by process, once it was over. `error`: what went wrong, in place of figures. `loadBefore`: the load average as it began. */
export type Round = {
  system: string;
  type: string;
  loadBefore: number;
  mib?: Record<string, number>;
  measured?: Measured;
  error?: string;
};

type Column = { title: string; of: (round: Required<Pick<Round, 'measured' | 'mib'>>) => number };

const columns: readonly Column[] = [
  { title: 'accepted/s', of: ({ measured }) => measured.acceptedPerSecond },
  { title: 'jobs/s end to end', of: ({ measured }) => measured.completedPerSecond },
  { title: 'PUT p50 ms', of: ({ measured }) => measured.put.p50 },
  { title: 'PUT p99 ms', of: ({ measured }) => measured.put.p99 },
  { title: 'idle p50 ms', of: ({ measured }) => measured.readableSuccess.p50 },
  { title: 'idle p99 ms', of: ({ measured }) => measured.readableSuccess.p99 },
  { title: 'MiB', of: ({ mib }) => Object.values(mib).reduce((a, b) => a + b, 0) },
];

/** The upper one of the two in the middle, where there are two. @throws Error where there are none */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error('there are no values');
  return middle;
}

const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1));
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** One table for each type. The first of `systems` is the one that the others are set beside. */
export function tablesOf(rounds: readonly Round[]): string {
  const types = [...new Set(rounds.map(({ type }) => type))];
  return types.map((type) => tableOf(rounds, type)).join('\n\n');
}

function tableOf(rounds: readonly Round[], type: string): string {
  const systems = [...new Set(rounds.map(({ system }) => system))];
  const valuesOf = (system: string, { of }: Column) =>
    rounds.flatMap(({ measured, mib, ...round }) =>
      round.system === system && round.type === type && measured && mib ? of({ measured, mib }) : [],
    );
  const [own = '', ...others] = systems;
  const figures = systems.map((system) => row([system, ...columns.map((column) => spread(valuesOf(system, column)))]));
  const ratios = others.map((system) =>
    row([`${own} ÷ ${system}`, ...columns.map((column) => ratio(valuesOf(own, column), valuesOf(system, column)))]),
  );
  const failed = rounds.filter((round) => round.type === type && round.error !== undefined);
  return [
    row([type, ...columns.map(({ title }) => title)]),
    row(['---', ...columns.map(() => '---')]),
    ...figures,
    ...ratios,
    ...failed.map(({ system, error }) => `\n${system} failed: ${error}`),
  ].join('\n');
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const middle = short(median(values));
  return values.length === 1 ? middle : `${middle} [${short(Math.min(...values))}–${short(Math.max(...values))}]`;
}

function ratio(own: readonly number[], other: readonly number[]): string {
  return own.length === 0 || other.length === 0 ? '–' : `**${(median(own) / median(other)).toFixed(2)}**`;
}

/** Microseconds of processor time for each job, by part of the system, medians. Undefined: none was told. */
export function costsOf(rounds: readonly Round[], jobsOf: (type: string) => number): string | undefined {
  const told = rounds.filter(({ measured }) => measured?.cpuMs !== undefined);
  if (told.length === 0) return undefined;
  const parts = [...new Set(told.flatMap(({ measured }) => Object.keys(measured?.cpuMs ?? {})))];
  const types = [...new Set(told.map(({ type }) => type))];
  const lines = types.map((type) => {
    const of = (part: string) =>
      median(told.filter((round) => round.type === type).map(({ measured }) => measured?.cpuMs?.[part] ?? 0));
    const each = parts.map((part) => Math.round((of(part) / jobsOf(type)) * 1_000));
    return row([type, ...each.map(String), String(each.reduce((a, b) => a + b, 0))]);
  });
  return [row(['µs a job', ...parts, 'together']), row(['---', ...parts.map(() => '---'), '---']), ...lines].join('\n');
}
