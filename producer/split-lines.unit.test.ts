import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter } from './split-lines.ts';

function linesOf(chunks: readonly Buffer[], maxBytes: number): string[] {
  const splitter = createLineSplitter(maxBytes);
  const lines: string[] = [];
  const keep = (line: Buffer | 'too-long' | undefined) => line !== undefined && lines.push(String(line));
  for (const chunk of chunks) {
    splitter.push(chunk);
    while (keep(splitter.next()));
  }
  keep(splitter.last());
  return lines;
}

test('however a text is cut into chunks, its lines are the same, and those that are too long are told', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'ö', '\n', '\r'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 9 }), fc.nat(6), (parts, max, cut) => {
      const whole = Buffer.from(parts.join(''));
      const chunks = parts.flatMap((part) => {
        const bytes = Buffer.from(part);
        return [bytes.subarray(0, cut), bytes.subarray(cut)];
      });
      const expected = whole.toString().split('\n');
      if (expected.at(-1) === '') expected.pop();
      const told = expected.map((line) => (Buffer.byteLength(line) > max ? 'too-long' : line));
      expect(linesOf(chunks, max)).toEqual(told);
    }),
  );
});

test('nothing is kept of a line that is too long', () => {
  const splitter = createLineSplitter(10);
  for (let sent = 0; sent < 10_000; sent++) {
    splitter.push(Buffer.alloc(65_536, 'x'));
    expect(splitter.next()).toBeUndefined();
  }
  splitter.push(Buffer.from('\nafter\n'));
  expect([splitter.next(), String(splitter.next())]).toEqual(['too-long', 'after']);
});
