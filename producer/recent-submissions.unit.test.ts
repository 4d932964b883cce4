import { expect, test } from 'vitest';
import { createRecentSubmissions, type RecentSubmission } from './recent-submissions.ts';

const submission = (digest: string): RecentSubmission => ({ digest, stored: new Promise(() => undefined) });

test('remembers the newest up to its limit, and never more than twice as many', () => {
  const recent = createRecentSubmissions(10);
  const keys = Array.from({ length: 95 }, (_, i) => `${i}`);
  for (const [i, key] of keys.entries()) {
    recent.add(key, submission(key));
    const there = keys.slice(0, i + 1).filter((each) => recent.get(each)?.digest === each);
    expect(there).toEqual(keys.slice(i + 1 - there.length, i + 1));
    expect(there.length).toBeGreaterThanOrEqual(Math.min(i + 1, 10));
    expect(there.length).toBeLessThanOrEqual(20);
  }
});

test('forgets the one that failed, never the one that took its place', () => {
  const recent = createRecentSubmissions(1);
  const [failed, next] = [submission('failed'), submission('next')];
  recent.add('a', failed);
  recent.add('a', next);
  expect(recent.get('a')).toBe(next);
  recent.forget('a', failed);
  expect(recent.get('a')).toBe(next);
  recent.forget('a', next);
  expect(recent.get('a')).toBeUndefined();
});
