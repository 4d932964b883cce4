import { expect, test } from 'vitest';
import { createRecentSubmissions, type RecentSubmission } from './recent-submissions.ts';

const submission = (digest: string): RecentSubmission => ({ digest, stored: new Promise(() => undefined) });

test('holds no more than its limit; the oldest goes first', () => {
  const recent = createRecentSubmissions(3);
  for (const key of ['a', 'b', 'c', 'd']) recent.add(key, submission(key));
  expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key)?.digest)).toEqual([undefined, 'b', 'c', 'd']);
});

test('forgets the one that failed, never the one that took its place', () => {
  const recent = createRecentSubmissions();
  const [failed, next] = [submission('failed'), submission('next')];
  recent.add('a', failed);
  recent.add('a', next);
  recent.forget('a', failed);
  expect(recent.get('a')).toBe(next);
  recent.forget('a', next);
  expect(recent.get('a')).toBeUndefined();
});
