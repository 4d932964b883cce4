import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import type { LogRecord, LogWriter } from '../platform/log-writer.ts';
import { partitionOf } from '../platform/partition-of.ts';
import { createDecoder } from '../platform/wire-format.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import { type Command, commandType } from '../schemas/command.ts';
import { defineJob } from '../schemas/define-job.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import { createPersonalCalls } from './personal-calls.ts';
import { createRecentSubmissions } from './recent-submissions.ts';
import { createSubmit, type Submission, type SubmitTools } from './submit.ts';

const job = defineJob({ type: 'test.job', payload: Type.Unknown(), result: Type.Unknown(), handler: () => null });
const readCommand = createDecoder<Command>(commandType, 5, () => Promise.reject(new Error('no registry here')));
const call = (fields: Partial<Submission> = {}): Submission => ({
  ...{ job, id: '1', payload: { n: 1 }, traceparent: undefined, mustBeNew: false, ...fields },
});

/** A log and a read model outside of the test's process; `answer` decides what becomes of an append. */
function prepare(answer: (record: LogRecord) => Promise<number> = async () => 0, more: Partial<SubmitTools> = {}) {
  const appended: LogRecord[] = [];
  const known = new Map<string, JobDocument>();
  const writer: LogWriter = {
    append(record) {
      appended.push(record);
      return answer(record);
    },
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...{ identity: { producerId: '1', producerEpoch: 0 }, waiting: { records: 0, bytes: 0 }, failure: undefined },
  };
  const find = async (id: string) => known.get(id);
  const recent = createRecentSubmissions();
  const submit = createSubmit({
    ...{ writer, lookUp: { find, findIfThere: find }, recent, partitions: 8, commandSchemaId: 5 },
    ...{ topicOf: () => 'c', source: '/putlog/api', personal: createPersonalCalls({ data: undefined }), ...more },
  });
  return { submit, appended, known, recent };
}

test.each([
  ['a full queue', 'assertRoom', 'queue-full', 'default'],
  ['a type that is behind', 'assertOnTime', 'type-behind', 'test.job'],
] as const)('%s takes nothing new, and answers for what it knows', async (_, assertion, code, told) => {
  let full = false;
  const { submit, appended } = prepare(undefined, {
    [assertion]: (name: string) => {
      if (full) throw new PutlogError(code, name);
    },
  });
  await submit(call());
  full = true;
  expect(await submit(call())).toMatchObject({ known: true });
  await expect(submit(call({ id: '2' }))).rejects.toMatchObject({ code, message: told });
  expect(appended).toHaveLength(1);
  full = false;
  expect(await submit(call({ id: '2' }))).toMatchObject({ known: false });
});

describe('what is new', () => {
  test('is a command in the partition of its key, and is answered with its position', async () => {
    const { submit, appended } = prepare();
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const { known, job: queued } = await submit(call({ payload: { b: 1, a: 2 }, traceparent: trace }));
    const [record] = appended;
    const partition = partitionOf(Buffer.from('test.job/1'), 8);
    expect(record).toMatchObject({ topic: 'c', partition, key: Buffer.from('test.job/1') });
    expect(record?.headers).toMatchObject({
      ...{ ce_type: 'putlog.job.submit', ce_source: '/putlog/api', ce_id: 'test.job/1/0/submit' },
      traceparent: expect.stringMatching(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})`)),
    });
    const payload = '{"a":2,"b":1}';
    const command = await readCommand(record?.value ?? null);
    expect(command).toMatchObject({ type: 'test.job', id: '1', key: 'test.job/1', payload, digest: digestOf(payload) });
    expect([known, queued.state, queued.command]).toEqual([false, 'queued', { topic: 'c', partition, offset: 0 }]);
  });

  test('goes to the partition of the ordering key where there is one', async () => {
    const { submit, appended } = prepare();
    await Promise.all(['1', '2', '3'].map((id) => submit(call({ id, key: 'user-7' }))));
    expect(new Set(appended.map(({ partition }) => partition))).toEqual(
      new Set([partitionOf(Buffer.from('user-7'), 8)]),
    );
  });
});

describe('the same id again', () => {
  test.each(['from the read model', 'from what was just accepted'])(
    'is known with the same payload, %s',
    async (from) => {
      const { submit, appended, known, recent } = prepare();
      const first = await submit(call({ payload: { a: 1, b: 2 } }));
      if (from === 'from the read model') {
        known.set('test.job/1', { ...first.job, state: 'succeeded' });
        const submission = recent.get('test.job/1');
        if (submission !== undefined) recent.forget('test.job/1', submission);
      }
      const again = await submit(call({ payload: { b: 2, a: 1 } }));
      expect(again).toMatchObject({ known: true, job: { command: first.job.command } });
      await expect(submit(call({ payload: 'another' }))).rejects.toMatchObject({ code: 'id-conflict' });
      await expect(submit(call({ payload: { a: 1, b: 2 }, mustBeNew: true }))).rejects.toMatchObject({
        code: 'precondition-failed',
      });
      expect(appended).toHaveLength(1);
    },
  );

  test('fifty at once: one command, one new answer; another payload among them is a conflict', async () => {
    const { submit, appended } = prepare();
    const calls = Array.from({ length: 50 }, (_, i) =>
      submit(call({ payload: i === 30 ? 'another' : canonicalJson(1) })),
    );
    const settled = await Promise.allSettled(calls);
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.known] : []));
    expect(answers.filter((known) => !known)).toHaveLength(1);
    expect(answers).toHaveLength(49);
    expect(settled[30]).toMatchObject({ reason: { code: 'id-conflict' } });
    expect(appended).toHaveLength(1);
  });
});

describe('an append that fails', () => {
  test('is told as it is, and forgotten: the next call is new', async () => {
    let failures = 1;
    const { submit, appended, recent } = prepare(async () => {
      if (failures-- > 0) throw new PutlogError('log-unavailable', 'away');
      return 7;
    });
    await expect(submit(call())).rejects.toMatchObject({ code: 'log-unavailable' });
    expect(recent.get('test.job/1')).toBeUndefined();
    expect(await submit(call({ mustBeNew: true }))).toMatchObject({ known: false, job: { command: { offset: 7 } } });
    expect(appended).toHaveLength(2);
  });

  test('lets one of those who waited for it take its place, and the others meet that one', async () => {
    let failures = 1;
    const { submit, appended } = prepare(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (failures-- > 0) throw new PutlogError('outcome-unknown', 'no answer');
      return 3;
    });
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => submit(call())));
    expect(settled[0]).toMatchObject({ reason: { code: 'outcome-unknown' } });
    const known = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.known] : []));
    expect(known.toSorted()).toEqual([false, ...Array.from({ length: 8 }, () => true)]);
    expect(appended).toHaveLength(2);
  });
});

test('a payload nested too deeply is refused before anything is appended', async () => {
  const { submit, appended, recent } = prepare();
  let payload: unknown = 1;
  for (let i = 0; i < 200_000; i++) payload = [payload];
  await expect(submit(call({ payload }))).rejects.toMatchObject({ code: 'malformed-request' });
  expect([appended.length, recent.get('test.job/1')]).toEqual([0, undefined]);
});

test('personal fields: the log has them sealed, or does not have the call', async () => {
  const payload = Type.Object({ customer: Type.String(), name: Type.String({ personal: true }) });
  const job = defineJob({ type: 'test.job', payload, subject: '/customer', result: Type.Null(), handler: () => null });
  const sealed = { payload: {}, text: '{"sealed":1}', digest: 'keyed' };
  const { submit, appended } = prepare(undefined, { personal: { seal: async () => sealed } });
  const asked = call({ job, payload: { customer: 'c', name: 'Ann' } });
  expect((await submit(asked)).job.digest).toBe('keyed');
  expect(appended.map(({ value }) => String(value))).toEqual([expect.stringContaining(sealed.text)]);
  expect(appended.map(({ value }) => String(value))).not.toEqual([expect.stringContaining('Ann')]);

  const seal = () => Promise.reject(new PutlogError('keys-unavailable', 'MongoDB is away'));
  const away = prepare(undefined, { personal: { seal } });
  await expect(away.submit(asked)).rejects.toMatchObject({ code: 'keys-unavailable' });
  expect(away.appended).toEqual([]);
});
