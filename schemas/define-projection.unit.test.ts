import { expect, test } from 'vitest';
import { defineProjection, type ProjectionOptions } from './define-projection.ts';

const event = () => [];

test('what is not said has a default: all events but those that tell of no job', () => {
  const { kinds, ...rest } = defineProjection({ name: 'mine', event });
  expect(rest).toEqual({ name: 'mine', description: '', event, command: null, rollUp: null, indexes: [] });
  expect(kinds).toEqual(['scheduled', 'started', 'progressed', 'succeeded', 'retrying', 'failed', 'cancelled', 'dead']);
});

test('everything that is wrong is told at once', () => {
  const defined = (options: object) => () => defineProjection(options as ProjectionOptions);
  expect(defined({ name: 'My Own', kinds: ['gone'], indexes: [{ at: 2 }] })).toThrow(
    /^projection "My Own": name must be .*; it must have event or command.*; kinds must be some of .*; indexes must be/,
  );
  expect(defined({ name: 'mine', event: 'x' })).toThrow('functions');
});
