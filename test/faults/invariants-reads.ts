// Invariants 5 and 6: the read model is the fold of the log, document by document, and nobody who polls sees a job go back.
// Pure functions of the history of a run; checkInvariants calls them.
import { isDeepStrictEqual } from 'node:util';
import type { JobDocument } from '../../schemas/job-status.ts';
import { foldLog } from './fold.ts';
import type { Breach, History } from './invariants-history.ts';
import type { Reading } from './journal.ts';

/** 5. Documents of jobs that the log does not have are a breach as well. */
export function readModelIsTheFold({
  log,
  documents,
  deleted,
}: Pick<History, 'log' | 'documents' | 'deleted'>): Breach[] {
  const place = ({ partition, offset }: { partition: number; offset: number }) => `${partition}@${offset}`;
  const gone = new Set(deleted.unprojected.map(place));
  const wanted = foldLog({ commands: log.commands, events: log.events.filter((logged) => !gone.has(place(logged))) });
  const breaches = documents.flatMap((document) => {
    const fold = wanted.get(document._id);
    wanted.delete(document._id);
    if (fold === undefined) return [`${document._id} is in the read model and not in the log`];
    return isDeepStrictEqual(document, fold) ? [] : [`${document._id} differs: ${differences(document, fold)}`];
  });
  const missing = [...wanted.keys()].map((name) => `${name} is in the log and not in the read model`);
  return [...breaches, ...missing].map((text) => ({ invariant: 5, text }));
}

function differences(document: JobDocument, fold: JobDocument): string {
  const fields = (of: JobDocument): Map<string, unknown> => new Map(Object.entries(of));
  const [stored, folded] = [fields(document), fields(fold)];
  return [...new Set([...stored.keys(), ...folded.keys()])]
    .filter((name) => !isDeepStrictEqual(stored.get(name), folded.get(name)))
    .map((name) => `${name} is ${JSON.stringify(stored.get(name))}, by the log ${JSON.stringify(folded.get(name))}`)
    .join('; ');
}

const rank: Record<Reading['state'], number> = {
  missing: -1,
  scheduled: 0,
  queued: 1,
  running: 2,
  retrying: 3,
  succeeded: 9,
  failed: 9,
  cancelled: 9,
};

/** Only acknowledged jobs are polled, so that `missing` is always a step back. */
export function nobodySeesAJobGoBack({ jobs }: Pick<History, 'jobs'>): Breach[] {
  return [...jobs.values()].flatMap(({ name, readings }) =>
    readings.flatMap((reading, i) => {
      const before = readings[i - 1];
      const back = reading.state === 'missing' || (before !== undefined && goesBack(before, reading));
      const words = (one: Reading | undefined) => (one ? `${one.state} #${one.generation}.${one.attempt}` : 'accepted');
      return back ? [{ invariant: 6, text: `${name} was ${words(before)} and then ${words(reading)}` }] : [];
    }),
  );
}

function goesBack(a: Reading, b: Reading): boolean {
  if (a.generation !== b.generation) return b.generation < a.generation;
  const [before, now] = [rank[a.state], rank[b.state]];
  if (before === 9) return now !== 9 || a.state !== b.state || a.attempt !== b.attempt;
  // Another attempt begins at the front again.
  return a.attempt === b.attempt ? now < before : b.attempt < a.attempt;
}
