// Invariant: a command runs with what its client sent, or not at all; each way in which it cannot is one end of it.
import { pino } from 'pino';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { type DataKey, dataKeyOf, newDataKey } from '../platform/data-key.ts';
import { createPersonalData } from '../platform/personal-data.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { defineJob } from '../schemas/define-job.ts';
import { personalFieldsOf } from '../schemas/personal-fields.ts';
import { createOpenPersonal } from './open-personal.ts';
import { createSealFollowing } from './seal-following.ts';

const payload = Type.Object({ customer: Type.String(), name: Type.String({ personal: true }) });
const definition = defineJob({
  type: 'test.job',
  payload,
  subject: '/customer',
  result: Type.Null(),
  handler: () => null,
});
const jobs = new Map([['test.job', { definition, file: '' }]]);
const found = personalFieldsOf(payload, '/customer');
if (found === null) throw new Error('it has some');
const personal = found;
const log = pino({ level: 'silent' });
const going = () => false;
const ann = { customer: 'c-7', name: 'Ann' };

function prepare({ away = 0 } = {}) {
  const { id, secret } = newDataKey();
  let key: DataKey | undefined = dataKeyOf(id, secret);
  let failures = away;
  const data = createPersonalData({
    of: async () => key ?? expect.unreachable(),
    async byId(asked) {
      if (failures-- > 0) throw new Error('MongoDB is away');
      return asked === id ? key : undefined;
    },
  });
  return {
    open: createOpenPersonal({ data, log }),
    seal: createSealFollowing({ jobs, data, log }),
    erase() {
      key = undefined;
    },
  };
}

const commandWith = (text: string, fields: Partial<Command> = {}): Command => ({
  ...{ kind: 'submit', type: 'test.job', id: '1', generation: 0, attempt: 1, key: 'k', payload: text },
  ...{ digest: digestOf(text), submittedAt: 0, dueAt: null, after: null, options: null, ...fields },
});

async function sealed({ seal }: ReturnType<typeof prepare>, value: unknown, fields?: Partial<Command>) {
  const command = await seal(commandWith(canonicalJson(value), fields), going);
  return command ?? expect.unreachable('it has personal fields');
}

test('what follows a job is sealed, and opened when it runs', async () => {
  const tools = prepare();
  const command = await sealed(tools, ann);
  expect(command.payload).not.toContain('Ann');
  expect(command.digest).not.toBe(digestOf(canonicalJson(ann)));
  expect(await tools.open(personal, command, going)).toEqual({
    command: { ...command, payload: canonicalJson(ann) },
    fate: undefined,
  });
});

test('the same twice has one digest: a command that is derived again is a duplicate', async () => {
  const tools = prepare();
  const [one, two] = [await sealed(tools, ann), await sealed(tools, ann)];
  expect(one.payload).not.toBe(two.payload);
  expect(one.digest).toBe(two.digest);
});

test('erased: it has failed, for good', async () => {
  const tools = prepare();
  const command = await sealed(tools, ann);
  tools.erase();
  const { command: opened, fate } = await tools.open(personal, command, going);
  expect(fate).toMatchObject({ kind: 'failed', code: 'job-subject-erased' });
  expect(opened.payload, 'nothing is recorded that was not').toBe(command.payload);
});

test('moved into another job: a dead letter that says where', async () => {
  const tools = prepare();
  const command = await sealed(tools, ann);
  const { fate } = await tools.open(personal, { ...command, id: '2' }, going);
  expect(fate).toMatchObject({ kind: 'dead', code: 'invalid-payload', errors: [{ pointer: '/name' }] });
});

test('MongoDB away: it waits, unless it is given up', async () => {
  const tools = prepare({ away: 2 });
  const command = await sealed(tools, ann);
  expect((await tools.open(personal, command, going)).command.payload).toBe(canonicalJson(ann));
  const gone = prepare({ away: 2 });
  const other = await sealed(gone, ann);
  await expect(gone.open(personal, other, () => true)).rejects.toThrow('MongoDB is away');
});

test('no JSON: the call says it', async () => {
  const command = commandWith('{');
  expect(await prepare().open(personal, command, going)).toEqual({ command, fate: undefined });
});

test('what names no subject follows without its payload: nothing of it is in the log', async () => {
  expect((await sealed(prepare(), { name: 'Ann' })).payload).toBe('null');
});

test('a type without personal fields, and one that is not here, are left alone', () => {
  const { seal } = prepare();
  expect(seal(commandWith('{}', { type: 'other.job' }), going)).toBeUndefined();
  expect(createSealFollowing({ jobs, data: undefined, log })(commandWith('{}'), going)).toBeUndefined();
});
