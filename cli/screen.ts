// Draws lines over those that it drew before, and leaves the last of them when it is closed. For a terminal only.
import type { Terminal } from './terminal.ts';

/** Without the cursor; and what does not fit into a line is left out: a line that wraps would be two. */
const begin = '\x1b[?25l\x1b[?7l';
const end = '\x1b[?7h\x1b[?25h';
const toEndOfLine = '\x1b[K';
const toEndOfScreen = '\x1b[J';

export function createScreen({ draw, rows }: Pick<Terminal, 'draw' | 'rows'>) {
  let drawn = 0;
  draw(begin);
  return {
    /** Lines that fit into the width of the terminal; what is below its last row is left out. */
    show(lines: readonly string[]): void {
      const fitting = lines.slice(0, Math.max(1, rows() - 1));
      const up = drawn > 0 ? `\x1b[${drawn}A` : '';
      draw(`${up}\r${fitting.map((line) => `${line}${toEndOfLine}\n`).join('')}${toEndOfScreen}`);
      drawn = fitting.length;
    },
    /** The lines have another width now, and so they may be more than were drawn: all of the screen is cleared. */
    resized(): void {
      draw('\x1b[H\x1b[2J');
      drawn = 0;
    },
    close: () => draw(end),
  };
}
