// Tables of text: columns as wide as their widest cell, cut where the terminal is narrower. Wide characters count as two, and what data holds
// of control characters is shown, not obeyed.
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { shown } from './shown.ts';

export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Cell = string | number | { text: string; style: Style | undefined } | undefined;

/** `right`: columns, from 0, of numbers. `columns`: characters in a line. */
export type TableOptions = { columns: number; colours: boolean; right?: readonly number[] };

const gap = '  ';
/** No column becomes narrower than this because others are wide. */
const least = 3;

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** At most `width` columns of it; what is cut ends with an ellipsis. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of segments.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

export const styled = (text: string, style: Style | undefined, colours: boolean): string =>
  colours && style !== undefined ? styleText(style, text, { validateStream: false }) : text;

const textOf = (cell: Cell): string => {
  if (cell === undefined) return '';
  return shown(typeof cell === 'object' ? cell.text : String(cell));
};

/** The widest gives way until all fit, or none can. */
function fitted(widths: number[], columns: number): number[] {
  const fit = widths.map((width) => Math.min(width, columns));
  const room = columns - gap.length * (fit.length - 1);
  for (let over = fit.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const widest = Math.max(...fit);
    if (widest <= least) return fit;
    fit[fit.indexOf(widest)] = widest - 1;
  }
  return fit;
}

/** A line for the head (bold) and one for each row, without spaces at their ends. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], options: TableOptions): string[] {
  const { columns, colours, right = [] } = options;
  const texts = [head.map(textOf), ...rows.map((row) => head.map((_, at) => textOf(row[at])))];
  const wanted = head.map((_, at) => Math.max(...texts.map((row) => stringWidth(row[at] ?? ''))));
  const widths = fitted(wanted, columns);
  const last = head.length - 1;
  const line = (row: readonly string[], styleOf: (at: number) => Style | undefined) =>
    row
      .map((text, at) => {
        const width = widths[at] ?? 0;
        const whole = cut(text, width);
        const space = ' '.repeat(Math.max(0, width - stringWidth(whole)));
        const said = styled(whole, whole === '' ? undefined : styleOf(at), colours);
        return right.includes(at) ? space + said : at === last ? said : said + space;
      })
      .join(gap)
      .trimEnd();
  const styleIn = (row: readonly Cell[] | undefined) => (at: number) => {
    const cell = row?.[at];
    return typeof cell === 'object' ? cell.style : undefined;
  };
  const [titles = [], ...others] = texts;
  return [line(titles, () => 'bold'), ...others.map((row, at) => line(row, styleIn(rows[at])))];
}
