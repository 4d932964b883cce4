// What `putlog replay` shows: a line of progress, the table of differences, and what it came to. Pure.
import type { DifferenceKind } from '../replay/compare-outcomes.ts';
import type { FoundDifference, Replayed, ReplayProgress } from '../replay/replay.ts';
import { barText, count } from './moving-line.ts';
import type { Cell } from './table.ts';

export const replayHead = ['JOB', 'RECORDED', 'REPLAYED', 'AT', 'WAS', 'IS'];

/** The whole of a value has no pointer. */
export const replayRow = (type: string, { id, generation, recorded, replayed, ...rest }: FoundDifference): Cell[] => [
  generation === 0 ? `${type}/${id}` : `${type}/${id} (generation ${generation})`,
  { text: recorded, style: recorded === 'succeeded' ? 'green' : 'red' },
  { text: replayed, style: replayed === 'succeeded' ? 'green' : 'red' },
  ...[rest.pointer === '' ? '(all)' : rest.pointer, rest.was, rest.is],
];

export function replayProgressLine({ type, read, of, perSecond, compared, differ }: ReplayProgress): string {
  const parts = [
    `${type}  ${barText(read, of)}`,
    `${count.format(read)} of ${count.format(of)} commands`,
    `${count.format(perSecond)}/s`,
    `${count.format(compared)} compared`,
    `${count.format(differ)} differ`,
  ];
  return parts.join('  ');
}

const meanings: Record<DifferenceKind, string> = {
  outcome: 'in how they end',
  result: 'in their result',
  payload: 'whose payload the new schema refuses',
  returned: 'whose new result the new schema refuses',
};

const counted = (number: number, one: string, many: string): string =>
  `${count.format(number)} ${number === 1 ? one : many}`;

/** All were compared that could be, and came to the same. */
export const isSame = ({ compared, equal, interrupted }: Replayed): boolean => compared === equal && !interrupted;

/** `more`: differences that the table does not show. */
export function replayedLines(replayed: Replayed, more: number): string[] {
  const { type, compared, equal, differ, unended, notOfFunction, erased, repeated, unreadable, ms } = replayed;
  const kinds = Object.entries(differ).filter(([, number]) => number > 0);
  const differing = kinds.map(([kind, number]) => `${count.format(number)} ${meanings[kind as DifferenceKind]}`);
  return [
    ...(more > 0 ? [`and ${count.format(more)} more: --json tells all`] : []),
    `${counted(compared, 'call', 'calls')} of ${type} compared in ${(ms / 1_000).toFixed(1)} s: ${count.format(equal)} the same, ${count.format(compared - equal)} differ`,
    ...(differing.length > 0 ? [`  ${differing.join(', ')}`] : []),
    ...(unended > 0 ? [`${counted(unended, 'call has', 'calls have')} no recorded end: not compared`] : []),
    ...(notOfFunction > 0
      ? [`${counted(notOfFunction, 'call was', 'calls were')} ended by others than their function: not compared`]
      : []),
    ...(erased > 0
      ? [
          `personal fields of ${counted(erased, 'call', 'calls')} were erased, there is nothing to call with: not compared`,
        ]
      : []),
    ...(repeated > 0
      ? [`${counted(repeated, 'command', 'commands')} called a job that had been called before: not run`]
      : []),
    ...(unreadable > 0 ? [`${counted(unreadable, 'record', 'records')} nobody can read: they tell nothing`] : []),
    ...(replayed.gone ? ['the log no longer has all commands from its beginning: earlier calls may be missing'] : []),
    ...(replayed.limited ? ['--limit was reached: there may be more'] : []),
    ...(replayed.interrupted ? ['interrupted: what came before it is told above'] : []),
  ];
}
