// Invariant: accepting needs only Kafka. While MongoDB is away every PUT is accepted as fast as ever and every GET says
// when to come back; all that was accepted runs once MongoDB is there again, and no process was restarted.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { useOwnPart } from './own-part.ts';
import { useSystem } from './system.ts';

const mongod = useOwnPart('mongod');
const system = useSystem({ addresses: mongod.addresses });
const file = join(system.folder, 'runs');
let api: Api;

beforeAll(async () => {
  await writeFile(file, '');
  await mongod.start();
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const put = (id: string) => api.put(`test.count/${id}`, { file });

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'accepting needs only Kafka: MongoDB ends by %s and comes back',
  async (signal) => {
    const run = randomUUID();
    const before = numbers(50).map((n) => `${run}-before-${n}`);
    const meanwhile = numbers(200).map((n) => `${run}-meanwhile-${n}`);
    const pids = system.alive().map(({ pid }) => pid);
    const accepted = await inParallel(8, before, put);

    await mongod.stop(signal);
    accepted.push(...(await inParallel(1, meanwhile.slice(0, 20), put)));
    accepted.push(...(await inParallel(16, meanwhile.slice(20), put)));
    expect(accepted.filter(({ status }) => status !== 202)).toEqual([]);
    expect(Math.max(...accepted.map(({ ms }) => ms))).toBeLessThan(1_000);
    for (const id of [before[0], meanwhile[0], 'never-asked-for']) {
      const { status, headers, body } = await api.get(`test.count/${id}`);
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(body).toMatchObject({ code: 'read-model-unavailable', status: 503, retriable: true });
    }

    await mongod.start();
    const names = [...before, ...meanwhile].map((id) => `test.count/${id}`);
    const states = (await api.finished(names)).map(({ state }) => state);
    expect(states.filter((state) => state !== 'succeeded')).toEqual([]);
    const ran = (await readFile(file, 'utf8')).split('\n').filter((id) => id.startsWith(run));
    expect(ran.sort()).toEqual([...before, ...meanwhile].sort());
    expect(system.alive().map(({ pid }) => pid)).toEqual(pids);
    // And a 404 is true again, as it was before.
    await until('a 404', async () => ((await api.get('test.count/never-asked-for')).status === 404 ? true : undefined));
  },
);
