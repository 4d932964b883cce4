import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { jobsForTests } from './app.fixture.ts';
import { createFollowUpReaders } from './follow-up-query.ts';
import { submitQueryOf } from './submit-query.ts';

const rules = { jobs: jobsForTests, allowPrivate: false, unset: { callback: [], notify: [] } };
const self = { type: 'test.echo', id: 'one' };
const asked = (query: string, replaced: Partial<Parameters<typeof createFollowUpReaders>[0]> = {}) =>
  submitQueryOf(`/jobs/test.echo/one?${query}`, {
    ...{ now: 0, self, followUps: createFollowUpReaders({ ...rules, ...replaced }) },
  }).options;
const refusal = (query: string, replaced = {}) => {
  try {
    return { taken: asked(query, replaced) };
  } catch (error) {
    if (!(error instanceof PutlogError)) throw error;
    return { code: error.code, detail: error.message };
  }
};

test('one after the other, in the order that they are given; without an id it is that of the job', () => {
  expect(asked('then=test.anything&then=test.echo/two&then=test.anything/3')).toEqual({
    next: [
      { type: 'test.anything', id: 'one' },
      { type: 'test.echo', id: 'two' },
      { type: 'test.anything', id: '3' },
    ],
  });
});

test('beside a timeout and each other', () => {
  const query =
    'timeout=5&then=test.anything&callback=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc&notify=mailto:a%2Bb@example.com';
  expect(asked(query)).toEqual({
    ...{ timeoutMs: 5_000, next: [{ type: 'test.anything', id: 'one' }] },
    ...{ callback: 'https://example.com/a?b=c', notify: 'a+b@example.com' },
  });
});

test.each([
  ['then=', 'no job type ""'],
  ['then=test.ech', 'near: test.echo'],
  ['then=putlog.webhook/x', 'no job type "putlog.webhook"'],
  ['then=test.echo', 'or the job itself'],
  ['then=test.echo/one', 'or the job itself'],
  ['then=test.echo/2&then=test.echo/2', 'names test.echo/2 twice'],
  ['then=test.echo/', 'an id that is not'],
  ['then=test.echo/a/b', 'an id that is not'],
  [Array.from({ length: 11 }, (_, n) => `then=test.echo/${n}`).join('&'), '10 times at most'],
  ['callback=ftp://example.com/', 'http or https'],
  ['callback=example.com', 'http or https'],
  ['callback=https://a:b@example.com/', 'without a password'],
  [`callback=https://example.com/${'x'.repeat(2_048)}`, 'at most 2048'],
  ['callback=https://example.com/&callback=https://example.com/', 'twice'],
  ['notify=me@example.com', 'mailto:'],
  ['notify=mailto:me', 'mailto:'],
  ['notify=mailto:me@example.com?subject=x', 'mailto:'],
  ['notify=mailto:a@example.com,b@example.com', 'mailto:'],
  ['notify=mailto:a%0d%0ab@example.com', 'mailto:'],
])('%s is refused', (query, why) => {
  expect(refusal(query)).toEqual({ code: 'malformed-request', detail: expect.stringContaining(why) });
});

test.each([
  '127.0.0.1',
  '10.0.0.1:8080',
  '[::1]',
  '[::ffff:10.0.0.1]',
  '169.254.169.254',
  '2130706433',
  'localhost',
  'a.localhost',
])('%s is called only where the setting allows it', (host) => {
  const query = `callback=http://${host}/`;
  expect(refusal(query)).toMatchObject({ code: 'address-not-allowed' });
  expect(refusal(query, { allowPrivate: true })).toMatchObject({ taken: { callback: expect.any(String) } });
});

test('what is not set up says what to set', () => {
  const unset = { callback: ['A'], notify: ['B', 'C'] };
  expect(refusal('callback=https://example.com/', { unset })).toEqual({
    ...{ code: 'not-configured', detail: '"callback" is not possible here: set A' },
  });
  expect(refusal('notify=mailto:a@example.com', { unset }).detail).toContain('set B and C');
});
