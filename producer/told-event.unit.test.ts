import { expect, test } from 'vitest';
import { queuedJob } from './app.fixture.ts';
import { eventOf } from './event-tail.fixture.ts';
import { kindOf, lastHeardOf, toldEvent } from './told-event.ts';

const job = queuedJob('test.echo', 'a');
const record = (fields: object = {}) => ({
  ...{ offset: 7, timestamp: 0, key: null, value: null },
  headers: { ce_id: Buffer.from('test.echo/a/0.1/succeeded'), ce_type: Buffer.from('putlog.job.succeeded') },
  ...fields,
});

test('an event as JSON and as a frame', () => {
  const event = eventOf(job, 'succeeded', { result: '{"n":1.50}' });
  const told = toldEvent(event, record(), 'p.events', 3);
  expect(told.json()).toBe(
    '{"id":"test.echo/a/0.1/succeeded","kind":"succeeded","job":"test.echo/a","generation":0,"attempt":1,' +
      '"at":"2026-01-02T03:04:05.026Z","startedAt":"2026-01-02T03:04:05.016Z","worker":"w","position":"p.events/3@7",' +
      '"command":"putlog.commands.default.normal/3@42","result":{"n":1.50}}',
  );
  expect(String(told.frame())).toBe(`id: test.echo/a/0.1/succeeded@7\nevent: succeeded\ndata: ${told.json()}\n\n`);
  expect(told).toMatchObject({ name: 'test.echo/a', terminal: true });
});

test('whatever was recorded, a frame has three lines', () => {
  const event = eventOf(job, 'failed', { error: '{"detail":\r\n"x\\ny",\n"n":1}', worker: 'w\n' });
  const headers = { ce_id: 'a\r\nb\0c' };
  const lines = String(toldEvent(event, record({ headers }), 'p.events', 3).frame()).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe('id: abc@7');
  expect(JSON.parse((lines[2] ?? '').slice('data: '.length))).toMatchObject({
    error: { detail: 'x\ny', n: 1 },
    worker: 'w\n',
  });
});

test.each([
  ['putlog.job.started', 'started'],
  ['putlog.fence', undefined],
  ['putlog.job.submit', undefined],
  [undefined, undefined],
])('of type %s: %s', (type, kind) => {
  expect(kindOf(record({ headers: { ce_type: type } }))).toBe(kind);
});

test.each([
  ['test.echo/a/0.1/succeeded@7', { offset: 7, generation: 0, terminal: true }],
  ['test.echo/a/2.13/progressed@900', { offset: 900, generation: 2, terminal: false }],
  ['test.echo/a/2.13/progressed/1767323045026@900', { offset: 900, generation: 2, terminal: false }],
  ['test.echo/a/0.1/rejected@7', { offset: 7, generation: 0, terminal: false }],
  ['test.echo/b/0.1/succeeded@7', undefined],
  ['test.echo/a/0.1/succeeded', undefined],
  ['succeeded@7', undefined],
  ['', undefined],
  [undefined, undefined],
])('heard last: %s', (header, heard) => {
  expect(lastHeardOf(header, 'test.echo/a')).toEqual(heard);
});
