// What `putlog rebuild` and `putlog verify` say while they work: a bar that moves on a terminal, a line every few seconds elsewhere, and
// with --json one object a line. Pure but for the screen that it is given.
import type { BuildProgress } from '../projections/build-tools.ts';
import { barText, count, createMovingLine, type Screen } from './moving-line.ts';

const jsonEvery = 1_000;

/** "48 s", "12 min", "3 h 05 min". */
export function readableSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 120
    ? `${minutes} min`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

type Reading = BuildProgress & { step: 'reading' };

const secondsLeft = ({ read, of, perSecond }: Reading): number | undefined =>
  perSecond === 0 ? undefined : (of - read) / perSecond;

export function readingLine(progress: Reading): string {
  const { version, read, of, perSecond } = progress;
  const left = secondsLeft(progress);
  const parts = [
    `${version}  ${barText(read, of)}`,
    `${count.format(read)} of ${count.format(of)} records`,
    `${count.format(perSecond)}/s`,
  ];
  return [...parts, ...(left === undefined || left <= 0 ? [] : [`${readableSeconds(left)} left`])].join('  ');
}

const phases = {
  fed: 'projectors write it as well',
  both: 'readers read both',
  ahead: 'it is written first',
  alone: 'it is read',
} as const;

function lineOf(progress: Exclude<BuildProgress, { step: 'reading' }>): string {
  switch (progress.step) {
    case 'indexing':
      return `${progress.version}  makes its indexes`;
    case 'comparing':
      return `${progress.version}  compares: ${count.format(progress.compared)} documents`;
    case 'switching':
      return `${progress.version}  ${phases[progress.phase]}`;
    default:
      return progress satisfies never;
  }
}

/** `end` leaves the last line as it is. `now` on the monotonic clock, in milliseconds. */
export function showBuild(
  screen: Screen,
  { json, now = () => performance.now() }: { json: boolean; now?: () => number },
) {
  const line = createMovingLine(screen, now);

  return {
    tell(progress: BuildProgress): void {
      const isLast = progress.step === 'reading' && progress.read >= progress.of;
      const moves = progress.step === 'reading' ? !isLast : progress.step === 'comparing' && progress.compared > 0;
      if (json) {
        const left = progress.step === 'reading' ? { secondsLeft: Math.round(secondsLeft(progress) ?? -1) } : {};
        if (!moves || !line.often(jsonEvery)) screen.write(`${JSON.stringify({ ...progress, ...left })}\n`);
        return;
      }
      // What is left after the bulk of it comes a few records at a time.
      if (progress.step === 'reading' && progress.of < 1_000) return;
      line.draw(progress.step === 'reading' ? readingLine(progress) : lineOf(progress), moves);
    },
    end: line.end,
  };
}
