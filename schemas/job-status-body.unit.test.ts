// The hand-made serializer, compared with JSON.parse for any job: what was recorded comes out byte for byte.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callOptionsText } from './call-options.ts';
import { type JobDocument, jobStates } from './job-status.ts';
import { jobEntityTag, jobStatusBody } from './job-status-body.ts';
import { queuedJob as queued } from './queued-job.ts';

const position = { topic: 'putlog.commands.default.normal', partition: 3, offset: 42 };
const queuedJob = (type: string, id: string, fields: Partial<JobDocument> = {}): JobDocument => {
  const first = { kind: 'submit', generation: 0, attempt: 1, dueAt: null, after: null, options: null } as const;
  const call = { type, id, key: `${type}/${id}`, payload: '{}', digest: '0', submittedAt: 1_000 };
  return { ...queued({ ...first, ...call }, position), ...fields };
};

const jsonText = fc.json({ maxDepth: 4, stringUnit: 'binary' });
const at = fc.nat({ max: 4_102_444_800_000 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const job = fc
  .record({
    key: fc.string({ unit: 'binary' }),
    state: fc.constantFrom(...jobStates),
    generation: fc.nat(),
    attempt: fc.nat(),
    createdAt: at,
    startedAt: orNull(at),
    finishedAt: orNull(at),
    updatedAt: at,
    worker: orNull(fc.string({ unit: 'binary' })),
    result: orNull(jsonText),
    error: orNull(jsonText),
  })
  .map((fields) => queuedJob('test.echo', 'a', fields));

const iso = (time: number | null) => (time === null ? undefined : new Date(time).toISOString());
const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));

test('every member is there as it was, absent where it is not known', () => {
  fc.assert(
    fc.property(job, (document) => {
      const { type, id, key, state, generation, attempt, worker } = document;
      const expected = {
        ...{ type, id, state, generation, attempt, key, worker: worker ?? undefined },
        createdAt: iso(document.createdAt),
        startedAt: iso(document.startedAt),
        finishedAt: iso(document.finishedAt),
        updatedAt: iso(document.updatedAt),
        position: 'putlog.commands.default.normal/3@42',
        result: parsed(document.result),
        error: parsed(document.error),
      };
      expect(JSON.parse(jobStatusBody(document))).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
  );
});

test('result and error stand in it byte for byte, whatever their numbers, spaces and key order', () => {
  const result = '{ "b": 1.0, "a": 12345678901234567890, "c": 1e2 }';
  expect(jobStatusBody(queuedJob('t.t', 'a', { result }))).toContain(`"result":${result}}`);
  expect(jobStatusBody(queuedJob('t.t', 'a', { error: result }))).toContain(`"error":${result}}`);
});

test('the entity tag changes with each record that counts', () => {
  const base = queuedJob('t.t', 'a');
  const tags = [
    base,
    { ...base, eventOffset: 0 },
    { ...base, command: { ...base.command, offset: 43 } },
    { ...base, command: { ...base.command, partition: 4 } },
    { ...base, updatedAt: base.updatedAt + 1 },
  ].map(jobEntityTag);
  expect(new Set(tags).size).toBe(tags.length);
  expect(jobEntityTag({ ...base })).toBe(tags[0]);
});

test('where it leads: what follows it is not shown once it has not gone well', () => {
  const options = callOptionsText({
    ...{ parent: 'a.b/0', callback: 'https://example.com/"', notify: 'a@b', group: { id: 'g' }, timeoutMs: 5 },
    next: [
      { type: 'c.d', id: '1' },
      { type: 'e.f', id: '2' },
    ],
  });
  const linksOf = (state: JobDocument['state']) =>
    new Map(Object.entries(JSON.parse(jobStatusBody(queuedJob('t.t', 'a', { options, state }))).links));
  const always = [
    ['parent', '/jobs/a.b/0'],
    ['callback', '/jobs/putlog.webhook/t.t~a~0'],
    ['notify', '/jobs/putlog.mail/t.t~a~0'],
    ['group', '/groups/g'],
  ] as const;
  for (const state of ['queued', 'running', 'succeeded'] as const)
    expect(linksOf(state)).toEqual(new Map([...always, ['then', '/jobs/c.d/1']]));
  for (const state of ['failed', 'cancelled'] as const) expect(linksOf(state)).toEqual(new Map(always));
  const without = queuedJob('t.t', 'a', { options: callOptionsText({ timeoutMs: 5 }) });
  expect(JSON.parse(jobStatusBody(without))).not.toHaveProperty('links');
});
