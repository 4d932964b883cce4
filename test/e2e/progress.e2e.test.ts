// Invariant: what a function says of its progress can be read while it runs, and is in the events, four times a second at most; one
// that says nothing for longer than its heartbeat is tried again.
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let api: Api;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const kindsOf = async (name: string) =>
  (await readTopic(system.brokers, system.topics.events)).flatMap(({ type, subject }) =>
    subject === name ? [type.slice('putlog.job.'.length)] : [],
  );

test.each(['test.steps', 'test.steps-thread'])('%s: its progress is read while it runs', async (type) => {
  const name = `${type}/${randomUUID()}`;
  await api.put(name, { steps: 100, ms: 80, silentFrom: 1_000 });
  const running = await until('its progress', async () => {
    const { body } = await api.get(name);
    return body.progress === undefined ? undefined : body;
  });
  expect(running).toMatchObject({ state: 'running', progress: { total: 100, data: { attempt: 1 } } });
  const { current } = running.progress as { current: number };
  const later = await until('more of it', async () => {
    const { body } = await api.get(name);
    return body.progress !== undefined && (body.progress as { current: number }).current > current ? body : undefined;
  });
  expect(later.state).toBe('running');
  const [job] = await api.finished([name]);
  expect(job).toMatchObject({ state: 'succeeded', result: { steps: 100 } });
  expect(job).not.toHaveProperty('progress');
  const kinds = await kindsOf(name);
  const told = kinds.filter((kind) => kind === 'progressed').length;
  expect(kinds).toEqual(['started', ...Array.from({ length: told }, () => 'progressed'), 'succeeded']);
  // A hundred times said.
  expect(told).toBeGreaterThan(1);
  expect(told).toBeLessThan(50);
});

test.each(['test.steps', 'test.steps-thread'])(
  '%s: it falls silent, is stuck, and its next attempt goes well',
  async (type) => {
    const name = `${type}/${randomUUID()}`;
    await api.put(name, { steps: 60, ms: 100, silentFrom: 5 });
    const [job] = await api.finished([name]);
    expect(job).toMatchObject({ state: 'succeeded', attempt: 2 });
    const kinds = (await kindsOf(name)).filter((kind) => kind !== 'progressed');
    expect(kinds).toEqual(['started', 'retrying', 'started', 'succeeded']);
  },
);
