import { expect, test } from 'vitest';
import { showSnapshot, snapshotLine } from './show-snapshot.ts';

test('how far it is as a bar, and else what it says', () => {
  expect(snapshotLine({ current: 50_000, total: 200_000, message: 'reads the log' })).toBe(
    '██████░░░░░░░░░░░░░░░░░░  25 %  50,000 of 200,000 records',
  );
  expect(snapshotLine({ message: 'makes its \u001b[31mindexes' })).not.toContain('\u001b');
  expect(snapshotLine({})).toBe('');
});

test('drawn over on a terminal, a line every few seconds elsewhere', () => {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  let now = 0;
  const plain = showSnapshot({ write }, () => now);
  for (now = 0; now <= 6_000; now += 1_000) plain.told({ message: `at ${now}` });
  plain.end();
  expect(written).toEqual(['at 0\n', 'at 5000\n']);
  written.length = 0;
  const drawn = showSnapshot({ write, isTTY: true });
  drawn.told({ message: 'one' });
  drawn.told({ message: 'two' });
  drawn.end();
  expect(written).toEqual(['one', '\r\u001b[2Ktwo', '\n']);
});
