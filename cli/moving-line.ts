// A line of progress: drawn over and over on a terminal, one every few seconds elsewhere. Pure but for the screen that it is given.

export type Screen = { readonly write: (text: string) => unknown; readonly isTTY?: boolean };

/** Milliseconds between two lines where nothing can be drawn over. */
const lineEvery = 5_000;
const barWidth = 24;

export const count = new Intl.NumberFormat('en');

/** A bar, and its share in per cent. */
export function barText(done: number, of: number): string {
  const share = of === 0 ? 1 : Math.min(1, done / of);
  const full = Math.floor(share * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** `now` on the monotonic clock, in milliseconds. */
export function createMovingLine(screen: Screen, now: () => number = () => performance.now()) {
  let said = Number.NEGATIVE_INFINITY;
  let live = false;

  /** What comes many times a second, on a screen that keeps every line. */
  const often = (everyMs: number): boolean => {
    if (now() - said < everyMs) return true;
    said = now();
    return false;
  };

  return {
    often,
    draw(line: string, moves: boolean): void {
      if (screen.isTTY !== true) {
        if (!moves || !often(lineEvery)) screen.write(`${line}\n`);
        return;
      }
      screen.write(`${live ? '\r\u001b[2K' : ''}${line}${moves ? '' : '\n'}`);
      live = moves;
    },
    /** The last line stays as it is. */
    end(): void {
      if (live) screen.write('\n');
      live = false;
    },
  };
}
