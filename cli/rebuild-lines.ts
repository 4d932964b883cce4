// What `putlog rebuild` and `putlog verify` say at their end, and whether that is a failure. Pure.
import type { Comparison } from '../projections/compare-versions.ts';
import type { Difference } from '../projections/difference.ts';
import type { Inspected } from '../projections/inspect.ts';
import type { Rebuilt } from '../projections/rebuild.ts';
import { countDifferences } from '../projections/refusal.ts';
import type { RolledBack } from '../projections/rollback.ts';
import type { Verified } from '../projections/verify.ts';
import { readableSeconds } from './show-build.ts';

const number = new Intl.NumberFormat('en');
/** Of a value that is shown. */
const longest = 200;

/** Control characters of what others wrote never reach a terminal. */
const shown = (value: string | undefined): string => {
  const text = (value ?? 'nothing').replace(/\p{Cc}/gu, '?');
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
};

const reasons = {
  missing: 'the log tells of it, and the read model lacks it',
  unfounded: 'the read model has it, and the log tells nothing of it',
  gone: 'it stands only in the read model: the log has lost its records to retention',
} as const;

export function differenceLines({ kind, what, fields }: Difference): string[] {
  if (kind !== 'differs' && kind !== 'retention') return [`${shown(what)}: ${reasons[kind]}`];
  return fields.map(
    ({ field, live, log }) => `${shown(what)}: ${shown(field)} is ${shown(live)}, by the log ${shown(log)}`,
  );
}

/** The first `limit` of them, then how many more there are. */
export function differencesLines({ differences }: Pick<Comparison, 'differences'>, limit: number): string[] {
  const more = differences.length - limit;
  return [
    ...differences.slice(0, limit).flatMap(differenceLines),
    ...(more > 0 ? [`and ${number.format(more)} more`] : []),
  ];
}

const unread = (unreadable: number): string =>
  unreadable === 0 ? '' : ` (${number.format(unreadable)} of them nobody can read: they tell nothing of a job)`;

const comparedWords = ({ compared, all, differences }: Comparison): string =>
  `${all ? 'all' : 'a sample of'} ${number.format(compared)} documents compared, ${number.format(differences.length)} differ`;

export const rebuiltLines = (rebuilt: Rebuilt, keepMs: number): string[] => {
  const { from, version, records, unreadable, comparison, joinMs, switchMs } = rebuilt;
  if (from === version) return [`${version} is read already: an earlier run had come to its end`];
  return [
    `${number.format(records)} records read${unread(unreadable)}`,
    ...(comparison === undefined ? [] : [comparedWords(comparison)]),
    `${version} is read in place of ${from}: projectors wrote it after ${joinMs} ms, and it was read ${switchMs} ms later`,
    `${from} is kept for ${readableSeconds(keepMs / 1_000)}; until then: putlog rebuild --rollback`,
  ];
};

export const rolledBackLines = ({ from, version, switchMs }: RolledBack): string[] => [
  `${version} is read in place of ${from}, after ${switchMs} ms`,
];

export const inspectedLines = ({ collection, at, jobs, records, unreadable }: Inspected): string[] => [
  `${number.format(records)} records read${unread(unreadable)}`,
  `the read model as of ${new Date(at).toISOString()}: ${number.format(jobs)} jobs in ${collection}, dead letters in ${collection}_dead`,
  'nothing reads it, and nothing writes it any more. To drop it:',
  `  mongosh "$MONGODB_URI" --eval 'db.${collection}.drop(); db.${collection}_dead.drop()'`,
];

/** Is the read model what the log says? */
export const isEqual = ({ comparison, beyond }: Verified): boolean =>
  comparison.differences.length === 0 && comparison.unsettled === 0 && beyond.length === 0;

export function verifiedLines(verified: Verified, limit: number): string[] {
  const { live, records, unreadable, comparison, behind, beyond } = verified;
  const { gone } = countDifferences(comparison);
  return [
    `${number.format(records)} records read${unread(unreadable)}`,
    ...differencesLines(comparison, limit),
    ...beyond.map(
      (place) => `the checkpoint of ${place} is beyond the end of the log: is this the log that it was made of?`,
    ),
    ...(comparison.unsettled > 0 ? [`${comparison.unsettled} documents changed each time they were compared`] : []),
    ...(behind > 0 ? [`${number.format(behind)} records are not in ${live} yet`] : []),
    ...(gone > 0 ? [`${number.format(gone)} documents could not be rebuilt any more`] : []),
    `${live}: ${comparedWords(comparison)}`,
  ];
}

/** `--dry-run`. */
export const triedLines = (verified: Verified, limit: number): string[] => [
  ...verifiedLines(verified, limit),
  isEqual(verified)
    ? `a rebuild would put a version in the place of ${verified.live} that is equal to it`
    : `a rebuild would be refused, or change the above: --allow-missing, --accept-differences`,
  'nothing was changed',
];
