// An event of the log as a subscriber is told it has all that the same event has over HTTP.
import { describe, expect, test } from 'vitest';
import { UndecodableError } from '../platform/wire-format.ts';
import { toldEvent } from '../producer/told-event.ts';
import type { JobEvent } from '../schemas/event.ts';
import { eventAt, recordOf, topic } from './subscriber.fixture.ts';
import { subscribedEvent } from './tell-event.ts';

const problem = '{"type":"urn:putlog:error:job-failed","title":"t","status":500,"detail":"d"}';
const position = { topic, partition: 3, offset: 17 };

describe('as over HTTP', () => {
  test.each<[string, Partial<JobEvent>]>([
    ['succeeded', {}],
    ['a result that is null', { result: 'null' }],
    ['scheduled', { kind: 'scheduled', dueAt: 9_000, result: null, startedAt: null }],
    ['progressed', { kind: 'progressed', progress: '{"current":1,\n"total":2}', result: null }],
    ['failed', { kind: 'failed', error: problem, result: null }],
    ['cancelled', { kind: 'cancelled', result: null }],
    ['dead, of a record that was no command', { kind: 'dead', type: '', id: '', error: problem, result: null }],
  ])('%s', (_, fields) => {
    const event = eventAt(17, 'a', fields);
    const record = recordOf(17, event);
    const told = JSON.parse(toldEvent(event, record, topic, 3).json());
    const subscribed = subscribedEvent(event, record, position);
    expect(subscribed).toMatchObject(told);
    const { type, id: jobId, key } = event;
    const more = { type, jobId, key, submittedAt: '1970-01-01T00:00:01.000Z', traceparent: 'trace' };
    expect(subscribed).toEqual({ ...told, ...more });
  });
});

test('without an id its position is one', () => {
  const event = eventAt(17, 'a');
  expect(subscribedEvent(event, { ...recordOf(17, event), headers: {} }, position).id).toBe('test.events/3@17');
});

test('a result that is no JSON makes it undecodable', () => {
  const event = eventAt(17, 'a', { result: '{' });
  expect(() => subscribedEvent(event, recordOf(17, event), position)).toThrow(UndecodableError);
});
