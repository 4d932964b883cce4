// What a snapshot may be asked of: a moment that has passed, or a position, and nothing that is neither.
import { expect, test } from 'vitest';
import snapshot from '../jobs/putlog.snapshot.ts';
import { createPayloadCheck, momentFaults } from './payload-check.ts';

const now = Date.UTC(2026, 10, 22, 8);

test.each([
  ['2026-11-22T08:00:00Z', undefined],
  ['2026-11-22T08:00:00.001Z', 'names a time that has not come yet'],
  ['2026-11-22T09:30:00+02:00', undefined],
  ['2026-11-22T09:30:00+01:00', 'names a time that has not come yet'],
  ['2026-13-22T08:00:00Z', expect.stringContaining('must be an RFC 3339 time with an offset')],
  ['putlog.events/3@1742', undefined],
])('%s: %s', (at, detail) => {
  expect(momentFaults({ at }, now)).toEqual(detail === undefined ? [] : [{ pointer: '/at', detail }]);
});

test.each([
  [{}, '/at'],
  [{ at: 'yesterday' }, '/at'],
  [{ at: '2026-01-01T00:00:00' }, '/at'],
  [{ at: 'putlog.events/3' }, '/at'],
  [{ at: '2025-01-01T00:00:00Z', types: [] }, '/types'],
  [{ at: '2025-01-01T00:00:00Z', types: ['Echo'] }, '/types/0'],
  [{ at: '2025-01-01T00:00:00Z', keepSeconds: 59 }, '/keepSeconds'],
  [{ at: '2025-01-01T00:00:00Z', keepSeconds: 604_801 }, '/keepSeconds'],
  [{ at: '2999-01-01T00:00:00Z' }, '/at'],
])('%j is refused at %s', (payload, pointer) => {
  expect(createPayloadCheck(snapshot)(payload)).toEqual([expect.objectContaining({ pointer })]);
});

test('a moment that has passed is taken, with types and a time to keep it', () => {
  const payload = { at: '2025-01-01T00:00:00Z', types: ['demo.echo', 'order.placed'], keepSeconds: 60 };
  expect(createPayloadCheck(snapshot)(payload)).toEqual([]);
});
