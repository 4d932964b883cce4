import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { afterAll, afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createMongo } from '../platform/mongo.ts';
import { until } from '../test/stack/deadline.ts';
import { silent as log } from '../test/stack/log.ts';
import { type ClaimRequest, type Claims, createClaims, prepareClaims } from './claims.ts';

const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/claims-${randomUUID()}`;
const mongo = createMongo(uri.href);
const stored = mongo.db.collection<{ _id: string; takes: number; owner: string }>('claims');
const fatal: unknown[] = [];
let claims: Claims;

beforeEach(() => {
  claims = createClaims({ db: mongo.db, log, fatal: (error) => fatal.push(error) });
});
afterEach(async () => {
  claims.close();
  expect(fatal.splice(0)).toEqual([]);
  await stored.deleteMany({});
});
afterAll(async () => {
  await mongo.db.dropDatabase();
  await mongo.close();
});

const request = (fields: Partial<ClaimRequest> = {}): ClaimRequest => ({
  ...{ id: 't/1/0.1', position: 'c/0@0', owner: 'first', digest: 'd', ...fields },
});
const mine = (takes: number) => ({ kind: 'mine', takes });
const { db: real } = mongo;
/** The database, with a command (the insert of claims) that the test breaks or counts. */
const dbWith = (command: typeof real.command): Db => Object.create(real, { command: { value: command } });

describe('at most one command runs a job', () => {
  test('the first is mine; the same id elsewhere in the log is a duplicate, with the same payload or another', async () => {
    expect(await claims.claim(request())).toEqual(mine(1));
    expect(await claims.claim(request({ position: 'c/0@1' }))).toEqual({ kind: 'duplicate', samePayload: true });
    const other = request({ position: 'c/1@0', digest: 'x', owner: 'second' });
    expect(await claims.claim(other)).toEqual({ kind: 'duplicate', samePayload: false });
    expect(await stored.findOne({ _id: 't/1/0.1' })).toMatchObject({ takes: 1, owner: 'first' });
  });

  test('two commands of one job in one round trip: the first in order wins', async () => {
    const answers = await Promise.all([
      claims.claim(request({ position: 'c/0@5' })),
      claims.claim(request({ position: 'c/0@6', digest: 'x' })),
      claims.claim(request({ id: 't/2/0.1', position: 'c/0@7' })),
      claims.claim(request({ position: 'c/0@8' })),
    ]);
    expect(answers).toEqual([
      mine(1),
      { kind: 'duplicate', samePayload: false },
      mine(1),
      { kind: 'duplicate', samePayload: true },
    ]);
  });

  test('of many workers that claim at once exactly one gets it', async () => {
    const workers = Array.from({ length: 12 }, () => createClaims({ db: mongo.db, log, fatal: (e) => fatal.push(e) }));
    for (let round = 0; round < 10; round++) {
      const id = `race/${round}/0.1`;
      const answers = await Promise.all(
        workers.map((worker, i) => worker.claim(request({ id, position: `c/${i}@0`, owner: `w${i}` }))),
      );
      expect(answers.filter(({ kind }) => kind === 'mine')).toEqual([mine(1)]);
    }
    for (const worker of workers) worker.close();
  });
});

describe('takes count the owners that have begun the command', () => {
  test('each new owner counts, once however often it asks', async () => {
    expect(await claims.claim(request())).toEqual(mine(1));
    expect(await claims.claim(request())).toEqual(mine(1));
    expect(await claims.claim(request({ owner: 'second' }))).toEqual(mine(2));
    expect(await claims.claim(request({ owner: 'second' }))).toEqual(mine(2));
    expect(await claims.claim(request({ owner: 'third' }))).toEqual(mine(3));
  });

  test('what is given back does not count; only its owner can give it back', async () => {
    await claims.claim(request());
    await claims.release(['t/1/0.1'], 'somebody else');
    expect((await stored.findOne({ _id: 't/1/0.1' }))?.takes).toBe(1);
    await claims.release(['t/1/0.1'], 'first');
    expect(await claims.claim(request({ owner: 'second' }))).toEqual(mine(1));
    await claims.release([], 'second');
    expect(await claims.claim(request({ owner: 'third' }))).toEqual(mine(2));
  });

  test('an answer that is lost on its way is not held against the job', async () => {
    let lost = false;
    const db = dbWith(async (insert) => {
      const answer = await real.command(insert);
      if (lost) return answer;
      lost = true;
      throw new Error('the connection was reset');
    });
    const flaky = createClaims({ db, log, fatal: (error) => fatal.push(error) });
    expect(await flaky.claim(request())).toEqual(mine(1));
    expect(lost).toBe(true);
    flaky.close();
  });
});

test('any other failure than a claim that is there already is no answer', async () => {
  let answers: Record<string, unknown>[] = [
    { ok: 1, writeErrors: [{ index: 0, code: 112, errmsg: 'WriteConflict' }] },
    { ok: 1, writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } },
  ];
  const db = dbWith(async (insert) => {
    const [answer, ...rest] = answers;
    answers = rest;
    return answer ?? real.command(insert);
  });
  const refused = createClaims({ db, log, fatal: (error) => fatal.push(error) });
  expect(await refused.claim(request())).toEqual(mine(1));
  expect(answers).toEqual([]);
  expect(await stored.countDocuments()).toBe(1);
  refused.close();
});

describe('round trips', () => {
  test('two thousand claims at once travel in two', async () => {
    const sizes: number[] = [];
    const db = dbWith((insert) => {
      sizes.push(insert.documents.length);
      return real.command(insert);
    });
    const counted = createClaims({ db, log, fatal: (error) => fatal.push(error) });
    const requests = Array.from({ length: 2_000 }, (_, i) => request({ id: `t/${i}/0.1`, position: `c/0@${i}` }));
    expect(await Promise.all(requests.map(counted.claim))).toEqual(requests.map(() => mine(1)));
    expect(sizes).toEqual([1_000, 1_000]);
    expect(await stored.countDocuments()).toBe(2_000);
  });

  test('while MongoDB is away nothing is answered; when it is back, everything is', async () => {
    let [tries, away] = [0, true];
    const db = dbWith((insert) => {
      tries++;
      return away ? Promise.reject(new Error('no primary')) : real.command(insert);
    });
    const patient = createClaims({ db, log, fatal: (error) => fatal.push(error) });
    const answers: unknown[] = [];
    const both = [request(), request({ id: 't/2/0.1' })].map((one) => patient.claim(one).then((a) => answers.push(a)));
    await until('some tries', async () => (tries >= 3 ? true : undefined));
    expect(answers).toEqual([]);
    away = false;
    await Promise.all(both);
    expect(answers).toEqual([mine(1), mine(1)]);
  });

  test('after closing, what waits for MongoDB is let go of, and nothing is fatal', async () => {
    let tries = 0;
    const db = dbWith(() => {
      tries++;
      return Promise.reject(new Error('no primary'));
    });
    const closing = createClaims({ db, log, fatal: (error) => fatal.push(error) });
    const answers: unknown[] = [];
    closing.claim(request()).then((answer) => answers.push(answer));
    await until('a try', async () => (tries > 0 ? true : undefined));
    closing.close();
    const before = tries;
    await claims.claim(request({ id: 't/other/0.1' }));
    expect([answers, fatal]).toEqual([[], []]);
    expect(tries).toBeLessThanOrEqual(before + 1);
  });
});

test('claims are forgotten after the window of deduplication', async () => {
  await prepareClaims(mongo.db, 90_500);
  await prepareClaims(mongo.db, 90_500);
  const index = (await mongo.db.collection('claims').indexes()).find(({ key }) => key.at === 1);
  expect(index?.expireAfterSeconds).toBe(91);
});
