// What clients were told so far, read from the journal: how many PUTs in good order were turned away, and how long
// nobody was promised anything. Scenarios use it.
import type { Journal } from './journal.ts';

type Jobs = Pick<Journal, 'jobs'>;

/** Answers to PUTs that should have been taken: `refused` (certainly not stored) and `unknown`. */
export function turnedAway({ jobs }: Jobs): { refused: number; unknown: number } {
  const numbered = [...jobs.values()].filter(({ number }) => number !== null);
  const sum = (of: 'rejected' | 'unknown') => numbered.reduce((total, { answers }) => total + answers[of], 0);
  return { refused: sum('rejected'), unknown: sum('unknown') };
}

/** Watches from now on; the function it returns ends that and tells the longest time without an acknowledgement (milliseconds). */
export function longestSilence({ counts }: Pick<Journal, 'counts'>): () => number {
  let acked = counts.acked;
  let since = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - since);
    if (counts.acked === acked) return;
    acked = counts.acked;
    since = now;
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}
