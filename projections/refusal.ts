// When a version that was built does not take the place of the one that is read: what differs is told, and what to do about it. Pure.
import type { Comparison } from './compare-versions.ts';

/** What was built stays, so that the next run need not build it again. */
export class RefusedError extends Error {
  readonly comparison: Comparison;
  constructor(message: string, comparison: Comparison) {
    super(message);
    this.name = 'RefusedError';
    this.comparison = comparison;
  }
}

export function countDifferences({ differences }: Pick<Comparison, 'differences'>) {
  const of = (kind: Comparison['differences'][number]['kind']) =>
    differences.filter((difference) => difference.kind === kind).length;
  return {
    ...{ differs: of('differs'), missing: of('missing'), unfounded: of('unfounded') },
    ...{ gone: of('gone'), retention: of('retention') },
  };
}

const of = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** @throws RefusedError */
export function assertAccepted(
  comparison: Comparison,
  { allowMissing, acceptDifferences }: { allowMissing: boolean; acceptDifferences: boolean },
): void {
  const { gone, differs, missing, unfounded } = countDifferences(comparison);
  const unlike = differs + missing + unfounded;
  if (gone > 0 && !allowMissing)
    throw new RefusedError(
      `${of(gone, 'document stands', 'documents stand')} only in the read model: the log has lost the records to retention, and a ` +
        'switch would lose what they say. Keep the read model as it is, or switch without them: --allow-missing',
      comparison,
    );
  if (unlike > 0 && !acceptDifferences)
    throw new RefusedError(
      `${of(unlike, 'document differs', 'documents differ')} from what the log says (${differs} in a field, ${missing} missing, ` +
        `${unfounded} of which the log knows nothing). See which: putlog verify. The log is right, switch: --accept-differences`,
      comparison,
    );
  if (comparison.unsettled > 0 && !acceptDifferences)
    throw new RefusedError(
      `${of(comparison.unsettled, 'document', 'documents')} changed each time it was compared, so nothing is known of it. Does a ` +
        'projector run? Run this again, or switch all the same: --accept-differences',
      comparison,
    );
}
