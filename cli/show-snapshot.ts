// What `putlog list --at` says while its snapshot is built: a bar that moves on a terminal, a line every few seconds elsewhere. Pure but for
// the screen that it is given.
import type { Progress } from '../schemas/progress.ts';
import { barText, count, createMovingLine, type Screen } from './moving-line.ts';
import { shown } from './shown.ts';

export function snapshotLine({ current, total, message = '' }: Progress): string {
  if (current === undefined || total === undefined) return shown(message);
  return `${barText(current, total)}  ${count.format(current)} of ${count.format(total)} records`;
}

/** `end` leaves the last line as it is. `now` on the monotonic clock, in milliseconds. */
export function showSnapshot(screen: Screen, now: () => number = () => performance.now()) {
  const line = createMovingLine(screen, now);
  return { told: (progress: Progress) => line.draw(snapshotLine(progress), true), end: line.end };
}
