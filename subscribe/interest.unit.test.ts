import { expect, test } from 'vitest';
import type { FetchedRecord } from '../platform/fetched-part.ts';
import { relevanceOf } from './interest.ts';

const all = { types: undefined, kinds: undefined };
const some = { types: new Set(['word.count']), kinds: new Set(['succeeded', 'failed']) };
const record = (headers: FetchedRecord['headers'], unreadable?: string): FetchedRecord => ({
  ...{ offset: 1, timestamp: 1, key: null, value: null, headers },
  ...(unreadable !== undefined && { unreadable }),
});
const event = (kind: string, subject: string) =>
  record({ ce_type: `putlog.job.${kind}`, ce_subject: Buffer.from(subject) });

test.each([
  ['an event', event('started', 'demo.echo/1'), all, 'wanted'],
  ['one of a kind that a later version knows', event('tickled', 'demo.echo/1'), all, 'wanted'],
  ['one of a type and a kind that were asked for', event('failed', 'word.count/1'), some, 'wanted'],
  ['one of another kind', event('started', 'word.count/1'), some, 'other'],
  ['one of another type', event('failed', 'word.counts/1'), some, 'other'],
  ['one of a record that was no command', event('dead', '/'), { ...all, types: some.types }, 'other'],
  ['a fence', record({ ce_type: 'putlog.fence' }), all, 'other'],
  ['a record of somebody else', record({ ce_type: 'order.placed' }), some, 'foreign'],
  ['a record without headers', record({}), some, 'foreign'],
  ['a batch that nobody can open', record({}, 'a batch of 3 records cannot be read'), some, 'wanted'],
  [
    'a header that is there twice',
    record({ ce_type: ['putlog.job.failed', 'x'], ce_subject: 'word.count/a/b' }),
    some,
    'wanted',
  ],
])('%s', (_, one, interest, relevance) => {
  expect(relevanceOf(one, interest)).toBe(relevance);
});
