// How long the long faults go on: as long as each says, or FAULTS_MINUTES for a try.

/** @throws Error where FAULTS_MINUTES is not a number of minutes */
export function minutesOf(usual: number, told = process.env.FAULTS_MINUTES): number {
  if (told === undefined || told === '') return usual;
  const minutes = Number(told);
  if (minutes > 0 && minutes <= 600) return minutes;
  throw new Error(`FAULTS_MINUTES takes minutes, up to 600, not "${told}"`);
}

/** A run of which this is true is a try, and not what the documents tell of. */
export const isShortened = (): boolean => (process.env.FAULTS_MINUTES ?? '') !== '';
