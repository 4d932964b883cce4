import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFifo } from './fifo.ts';

test('what comes out is what went in, oldest first, however it is asked for', () => {
  const step = fc.oneof(fc.record({ push: fc.nat(3_000) }), fc.record({ take: fc.integer({ min: -1, max: 3_000 }) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const fifo = createFifo<number>();
      let expected: number[] = [];
      let next = 0;
      for (const one of steps) {
        if ('push' in one) {
          const more = Array.from({ length: one.push }, () => next++);
          for (const item of more) fifo.push(item);
          expected = [...expected, ...more];
        } else {
          const count = Math.max(0, one.take);
          expect(fifo.take(one.take)).toEqual(expected.slice(0, count));
          expected = expected.slice(count);
        }
        expect([fifo.length, fifo.peek()]).toEqual([expected.length, expected[0]]);
      }
      fifo.clear();
      expect([fifo.length, fifo.peek(), fifo.take(1)]).toEqual([0, undefined, []]);
    }),
  );
});
