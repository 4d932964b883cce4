// A table keeps its columns whatever is in its cells, fits into its terminal, and obeys nothing of what data says.
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { jsonText, shown } from './shown.ts';
import { cut, table } from './table.ts';

const wide = { columns: Number.POSITIVE_INFINITY, colours: false };
const esc = String.fromCharCode(0x1b);

describe('a table', () => {
  test('has columns as wide as their widest cell, numbers to the right, and no spaces at the ends', () => {
    const rows = [
      ['a', 1, 'x'],
      ['long name', 1_000, undefined],
    ];
    expect(table(['NAME', 'N', 'REST'], rows, { ...wide, right: [1] })).toEqual([
      'NAME          N  REST',
      'a             1  x',
      'long name  1000',
    ]);
  });

  test.each([['日本語'], ['👩‍👩‍👧‍👦'], ['é'], ['e\u0301'], ['🇩🇪'], ['ｗｉｄｅ']])(
    'counts %s as wide as it is shown',
    (text) => {
      const [, first = '', second = ''] = table(
        ['A', 'B'],
        [
          [text, '|'],
          ['abcdefghij', '|'],
        ],
        wide,
      );
      expect(stringWidth(first.slice(0, first.indexOf('|')))).toBe(stringWidth(second.slice(0, second.indexOf('|'))));
    },
  );

  test.each([40, 60, 80, 200])('fits into %i columns, with the widest cut', (columns) => {
    const rows = [['x'.repeat(500), '日本'.repeat(300), 'short']];
    for (const line of table(['A', 'B', 'C'], rows, { columns, colours: false }))
      expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    const [, row] = table(['A', 'B', 'C'], rows, { columns, colours: false });
    expect(row).toMatch(/^x+… .*… {1,3}short$/);
  });

  test('where nobody looks nothing is cut', () => {
    const [, row] = table(['A'], [['x'.repeat(100_000)]], wide);
    expect(row).toHaveLength(100_000);
  });

  test('colours are around the text of a cell, not its space, and only where asked for', () => {
    const rows = [[{ text: 'ok', style: 'green' as const }, 'b']];
    expect(table(['STATE', 'B'], rows, wide)[1]).toBe('ok     b');
    expect(table(['STATE', 'B'], rows, { ...wide, colours: true })[1]).toBe(`${esc}[32mok${esc}[39m     b`);
  });

  test('control characters are shown, not obeyed', () => {
    const evil = `a${esc}[2Jb\r\nc\u009b31m\u202eabc\u2028\ud800`;
    const lines = table(['A', 'B'], [[evil, 'x']], wide);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\u202e]/u);
    expect(lines[1]).toBe('a\\u001b[2Jb\\r\\nc\\u009b31m\\u202eabc\\u2028\\ud800  x');
  });
});

test('text is cut between what is seen as one character', () => {
  expect(cut('abcdef', 6)).toBe('abcdef');
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3)).toBe('👩‍👩‍👧‍👦…');
});

test('JSON is on one line, and means the same', () => {
  const value = { key: `a${esc}\u007f\u0085\u2028\u202e\n`, other: 'ü日👍' };
  expect(jsonText(value)).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
  expect(JSON.parse(jsonText(value))).toEqual(value);
  expect(shown('ü日👍')).toBe('ü日👍');
});
