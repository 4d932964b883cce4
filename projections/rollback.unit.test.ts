import { expect, test } from 'vitest';
import type { Alias } from '../platform/read-model-alias.ts';
import { withoutPrevious } from './retire-versions.ts';
import { rollbackTarget } from './rollback.ts';

const now = 1_000;
const switched: Alias = {
  ...{ epoch: 4, current: 'jobs_v2', feeds: ['jobs_v2', 'jobs_v1'], previous: 'jobs_v1', keepUntil: now + 1 },
};

test('what was read before is read again, also where a rollback was interrupted', () => {
  expect(rollbackTarget(switched, now)).toBe('jobs_v1');
  expect(rollbackTarget({ ...switched, also: 'jobs_v1', keepUntil: 0 }, now)).toBe('jobs_v1');
});

test('a switch that was begun is taken back', () => {
  const begun: Alias = { epoch: 2, current: 'jobs_v1', also: 'jobs_v2', feeds: ['jobs_v1', 'jobs_v2'] };
  expect(rollbackTarget(begun, now)).toBe('jobs_v1');
  expect(rollbackTarget({ ...begun, previous: 'jobs_v0', keepUntil: now + 1 }, now)).toBe('jobs_v1');
});

test('without anything to go back to it says why', () => {
  expect(() => rollbackTarget({ epoch: 0, current: 'jobs_v1', feeds: ['jobs_v1'] }, now)).toThrow(
    /nothing to go back to/,
  );
  expect(() => rollbackTarget({ ...switched, keepUntil: now }, now)).toThrow(/was over at 1970-01-01T00:00:01.000Z/);
  expect(() => rollbackTarget({ ...switched, feeds: ['jobs_v2'] }, now)).toThrow(/was over/);
});

test('the version before is given up once its time is over, and never in the middle of a switch', () => {
  expect(withoutPrevious(switched, now)).toBeUndefined();
  expect(withoutPrevious(switched, now + 1)).toEqual({ current: 'jobs_v2', feeds: ['jobs_v2'] });
  expect(withoutPrevious({ ...switched, also: 'jobs_v1' }, now + 1)).toBeUndefined();
  expect(withoutPrevious({ epoch: 0, current: 'jobs_v1', feeds: ['jobs_v1'] }, now)).toBeUndefined();
});
