// Invariants: what is sealed shows nothing of what it was and opens in its place alone; equal payloads have one digest while the key lives, and
// nobody can make it afterwards; without the key a field reads [erased].
import { createHash, randomBytes } from 'node:crypto';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import { defineJob } from '../schemas/define-job.ts';
import { personalFieldsOf } from '../schemas/personal-fields.ts';
import { ConfigError } from './config.ts';
import { type DataKey, dataKeyOf, newDataKey, sealedFieldIn } from './data-key.ts';
import { createPersonalData, erasedText, openPersonalData, placeOf } from './personal-data.ts';

const mark = { personal: true };
const schema = Type.Object({
  customer: Type.String(),
  name: Type.String(mark),
  more: Type.Optional(Type.Array(Type.Unknown(mark))),
});
const fields = personalFieldsOf(schema, '/customer');
if (fields === null) throw new Error('it has some');
const personal = fields;
const place = { type: 'test.greet', id: '1' };
const payload = { customer: 'c-7', name: 'Ann Example', more: [7, true, null, { deep: ['x'] }, ''] };

function prepare() {
  const keys = new Map<string, DataKey>();
  const make = () => {
    const { id, secret } = newDataKey();
    return dataKeyOf(id, secret);
  };
  const data = createPersonalData({
    async of(subject) {
      const key = keys.get(subject) ?? make();
      keys.set(subject, key);
      return key;
    },
    byId: async (id) => [...keys.values()].find((key) => key.id === id),
  });
  return { data, erase: (subject: string) => void keys.delete(subject) };
}

test('any JSON value is sealed, and had back', async () => {
  const { data } = prepare();
  const sealed = await data.seal(personal, place, payload);
  expect(sealed.text).toBe(canonicalJson(sealed.payload));
  expect(sealed.text).not.toMatch(/Ann|deep|true|7,/);
  expect(sealed.payload).toMatchObject({ customer: 'c-7', name: expect.stringMatching(/^putlog\.sealed\.1:/) });
  expect(await data.open(personal, place, sealed.payload)).toEqual({ payload, erased: false, broken: [] });
});

test('the digest: one for equal payloads of a subject, none that could be made without its key', async () => {
  const { data, erase } = prepare();
  const one = await data.seal(personal, place, payload);
  const two = await data.seal(personal, { ...place, id: '2' }, { ...payload });
  expect(one.text).not.toBe(two.text);
  expect(one.digest).toBe(two.digest);
  expect(await data.digest(personal, payload)).toBe(one.digest);
  expect((await data.seal(personal, place, { ...payload, name: 'Bob' })).digest).not.toBe(one.digest);
  expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
  expect([digestOf(canonicalJson(payload)), createHash('sha256').update(one.text).digest('hex')]).not.toContain(
    one.digest,
  );
  erase('c-7');
  expect((await data.seal(personal, place, payload)).digest).not.toBe(one.digest);
});

test('erased: what it was reads [erased], the rest stays; who comes back is sealed anew', async () => {
  const { data, erase } = prepare();
  const { payload: sealed } = await data.seal(personal, place, payload);
  erase('c-7');
  expect(await data.open(personal, place, sealed)).toEqual({
    payload: { customer: 'c-7', name: erasedText, more: payload.more.map(() => erasedText) },
    ...{ erased: true, broken: [] },
  });
  const again = await data.seal(personal, place, payload);
  expect((await data.open(personal, place, again.payload)).payload).toEqual(payload);
  expect((await data.open(personal, place, sealed)).erased).toBe(true);
});

test('what is put into another job, another field, or was changed does not open', async () => {
  const { data } = prepare();
  const { payload: sealed } = await data.seal(personal, place, payload);
  const moved = { ...place, id: '2' };
  expect((await data.open(personal, moved, sealed)).broken.map(({ pointer }) => pointer)).toHaveLength(6);
  const schedule = { type: place.type, schedule: place.id };
  expect((await data.open(personal, schedule, sealed)).broken).toHaveLength(6);
  const { name, more } = sealed as { name: string; more: string[] };
  const swapped = { customer: 'c-7', name: more[0], more: [name, ...more.slice(1)] };
  expect((await data.open(personal, place, swapped)).broken).toMatchObject([
    { pointer: '/name', detail: expect.stringContaining('cannot be opened') },
    { pointer: '/more/0' },
  ]);
  const at = name.length - 3;
  const changed = { customer: 'c-7', name: `${name.slice(0, at)}${name[at] === 'A' ? 'B' : 'A'}${name.slice(at + 1)}` };
  expect((await data.open(personal, place, changed)).broken).toHaveLength(1);
});

test('what a client writes that looks sealed is sealed like anything else', async () => {
  const { data } = prepare();
  const { payload: sealed } = await data.seal(personal, place, payload);
  const { name } = sealed as { name: string };
  const copied = await data.seal(personal, { ...place, id: 'thief' }, { customer: 'thief', name });
  const opened = await data.open(personal, { ...place, id: 'thief' }, copied.payload);
  expect(opened.payload).toEqual({ customer: 'thief', name });
});

test('what was there before its field was marked is left as it is', async () => {
  const { data } = prepare();
  for (const name of ['Ann', 'putlog.sealed.1:', 'putlog.sealed.2:x:y']) {
    expect(sealedFieldIn(name)).toBeUndefined();
    const plain = { customer: 'c-7', name };
    expect(await data.open(personal, place, plain)).toEqual({ payload: plain, erased: false, broken: [] });
  }
});

test('a payload that names no subject is not sealed', async () => {
  await expect(prepare().data.seal(personal, place, { name: 'Ann' })).rejects.toMatchObject({
    ...{ code: 'invalid-payload', errors: [{ pointer: '/customer' }] },
  });
});

test('a job of a schedule belongs to it', () => {
  expect(placeOf({ type: 'a', id: '1', options: null })).toEqual({ type: 'a', id: '1' });
  expect(placeOf({ type: 'a', id: 's.2026', options: '{"schedule":"s"}' })).toEqual({ type: 'a', schedule: 's' });
});

test('types with personal fields need a key, others do not', () => {
  const base = { type: 'test.greet', result: Type.Null(), handler: () => null };
  const plain = defineJob({ ...base, payload: Type.Object({ name: Type.String() }) });
  const marked = defineJob({ ...base, payload: schema, subject: '/customer' });
  const open = (definition: typeof plain | typeof marked, personalKeys: ReturnType<typeof masters> | undefined) =>
    openPersonalData({
      jobs: new Map([['test.greet', { definition, file: '' }]]),
      config: { personalKeys },
      db: never,
    });
  const masters = () => [{ id: '1', secret: randomBytes(32) }] as const;
  expect(open(plain, undefined)).toBeUndefined();
  expect(() => open(marked, undefined)).toThrow(ConfigError);
  expect(() => open(marked, undefined)).toThrow(/PUTLOG_PERSONAL_KEY is not set: test\.greet has personal fields/);
});

/** Nobody asks for it. */
const never = {} as never;
