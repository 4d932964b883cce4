import { expect, test } from 'vitest';
import { isJobId } from '../schemas/job-id.ts';
import { jobIdOfKey, newJobId } from './job-ids.ts';

test('a new id is a UUIDv7: its first 48 bits are the time, version and variant stand where they belong', () => {
  // The time of RFC 9562, appendix A.6.
  const id = newJobId(0x017f22e279b0);
  expect(id).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(isJobId(id)).toBe(true);
  expect(newJobId(1)).toMatch(/^00000000-0001-7/);
});

test('no two are the same, and later ones are greater', () => {
  const ids = Array.from({ length: 1_000 }, () => newJobId());
  expect(new Set(ids).size).toBe(1_000);
  expect(newJobId(2_000) > newJobId(1_999)).toBe(true);
});

test('one key of one type is one id, a UUIDv8; another key or type is another', () => {
  const id = jobIdOfKey('demo.echo', 'order-7');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  // Kept for ever: a repeat may come to a later version of this.
  expect(id).toBe('2d61a5ee-f5e6-8cb1-84ba-a19f87f70e43');
  expect(jobIdOfKey('demo.echo', 'order-7')).toBe(id);
  expect(jobIdOfKey('demo.echo', 'order-8')).not.toBe(id);
  expect(jobIdOfKey('demo.ech', 'oorder-7')).not.toBe(id);
  expect(jobIdOfKey('demo.echo', 'order-7', 'key a')).not.toBe(id);
  expect(jobIdOfKey('demo.echo', 'order-7', 'key a')).not.toBe(jobIdOfKey('demo.echo', 'order-7', 'key b'));
});
