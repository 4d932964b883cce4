// Invariants: a subject has one key, whoever makes it first; what is erased is gone for every process once that is said; what MongoDB holds
// names no subject and shows no key; a key of the environment can be replaced.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import type {} from '../test/stack/addresses.ts';
import { randomName } from '../test/stack/log.ts';
import { type MasterKey, MasterKeyError } from './master-keys.ts';
import { createMongo } from './mongo.ts';
import { createSubjectKeys } from './subject-keys.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/${randomName('keys')}`;
const mongos = [createMongo(uri.href), createMongo(uri.href)] as const;
const { db } = mongos[0];
const masterKey = (id: string): MasterKey => ({ id, secret: randomBytes(32) });
const master = masterKey('1');

/** As another process has it. */
const open = (at: 0 | 1 = 0, first = master, ...others: MasterKey[]) =>
  createSubjectKeys({ db: mongos[at].db, masters: [first, ...others], keepMs: 300 });

beforeEach(async () => {
  await db.dropDatabase();
  await open().prepare();
});
afterAll(async () => {
  await db.dropDatabase();
  await Promise.all(mongos.map((mongo) => mongo.close()));
});

test('two processes that make the key of a new subject at once have the same', async () => {
  const [one, two] = [open(0), open(1)];
  const subjects = Array.from({ length: 200 }, (_, n) => `customer-${n}`);
  const [ofOne, ofTwo] = await Promise.all(
    [one, two].map((keys) => Promise.all(subjects.map((subject) => keys.of(subject)))),
  );
  expect(ofOne).toEqual(ofTwo);
  expect(new Set(ofOne?.map(({ id }) => id)).size).toBe(200);
  const ids = (ofOne ?? []).map(({ id }) => id);
  expect(await Promise.all(ids.map((id) => open(1).byId(id)))).toEqual(ofOne);
});

test('two that begin at once in a new database find each other’s keys', async () => {
  await db.dropDatabase();
  const [one, two] = [open(0), open(1)];
  const [a, b] = await Promise.all([one.of('customer-7'), two.of('customer-7')]);
  expect(a).toEqual(b);
});

test('erased: gone for who had it once that is said, and for others at once; who comes back has another key', async () => {
  const [one, two] = [open(0), open(1)];
  const { id } = await one.of('customer-7');
  expect([await one.byId(id), await two.byId(id)].map((key) => key?.id)).toEqual([id, id]);
  const began = performance.now();
  expect(await two.erase('customer-7')).toBe(true);
  expect(performance.now() - began, 'one that was asked for right before it is kept no longer').toBeGreaterThan(290);
  expect([await one.byId(id), await two.byId(id), await open(0).byId(id)]).toEqual([undefined, undefined, undefined]);
  const again = await one.of('customer-7');
  expect(again.id).not.toBe(id);
  expect((await two.of('customer-7')).id).toBe(again.id);
  expect(await one.erase('customer-8'), 'nobody has heard of it').toBe(false);
  expect((await two.byId(again.id))?.id).toBe(again.id);
});

test('what is kept names nobody, and no key can be read from it', async () => {
  const key = await open().of('customer-7');
  const kept = await db.collection('subject_keys').find().toArray();
  expect(kept).toHaveLength(2);
  const text = JSON.stringify(kept);
  for (const secret of [key.fields, key.digests, master.secret])
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(text).not.toContain(secret.toString(encoding));
  expect(text).not.toContain('customer-7');
});

test('a key of the environment is replaced: both at first, then the new one alone', async () => {
  const before = await open().of('customer-7');
  const next = masterKey('2');
  const both = open(0, next, master);
  const young = await both.of('customer-8');
  expect(await both.of('customer-7')).toEqual(before);
  await expect(open(1, next).of('customer-7')).rejects.toThrow(/"1", which PUTLOG_PERSONAL_KEY lacks/);
  expect(await both.rewrap(), 'that of customer-7, and that of the index').toBe(2);
  expect(await both.rewrap()).toBe(0);
  const alone = open(1, next);
  await alone.prepare();
  expect([await alone.of('customer-7'), await alone.of('customer-8')]).toEqual([before, young]);
  expect(await alone.erase('customer-7')).toBe(true);
});

test('a key of the environment that is another one is found out at the start', async () => {
  await expect(open(0, masterKey('1')).prepare()).rejects.toThrow(MasterKeyError);
  await expect(open(0, masterKey('2')).prepare()).rejects.toThrow(MasterKeyError);
});

test('MongoDB away: a key that was asked for a moment ago is there, another one is not', async () => {
  const mongo = createMongo(uri.href);
  const keys = createSubjectKeys({ db: mongo.db, masters: [master], keepMs: 60_000 });
  const key = await keys.of('customer-7');
  const nowhere = createMongo('mongodb://127.0.0.1:1/none?directConnection=true', { selectionTimeoutMs: 100 });
  const away = createSubjectKeys({ db: nowhere.db, masters: [master] });
  await expect(away.of('customer-7')).rejects.toThrow();
  await Promise.all([mongo.close(), nowhere.close()]);
  expect(await keys.of('customer-7')).toEqual(key);
});
