// What can become of a job besides success, through the real processes: it fails, it takes too long, or its record is
// poison. Each ends in one event, and its partition moves on.
import { beforeAll, expect, test } from 'vitest';
import { createKafka } from '../../platform/kafka.ts';
import { eventType, type JobEvent } from '../../schemas/event.ts';
import { until } from '../stack/deadline.ts';
import { readAll, silent, watchedCluster } from '../stack/log.ts';
import type { Api } from './api.ts';
import { readTopic } from './event-log.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs } });
const commands = system.topics.commands('default');
let api: Api;

beforeAll(async () => {
  [api] = await Promise.all([system.startApi(), system.start('worker'), system.start('projector')]);
});

const kindsOf = async (name: string) =>
  (await readTopic(system.brokers, system.topics.events)).flatMap(({ type, subject }) =>
    subject === name ? [type] : [],
  );

test('a function that throws in each attempt: the job is failed, with a problem document', async () => {
  expect((await api.put('demo.fail/1', { times: 9, message: 'not today' })).status).toBe(202);
  const [job] = await api.finished(['demo.fail/1']);
  expect(job).toMatchObject({
    state: 'failed',
    attempt: 3,
    error: { type: 'urn:putlog:error:job-failed', code: 'job-failed', status: 500, retriable: false },
  });
  expect(JSON.stringify(job?.error)).toContain('not today');
  expect(JSON.stringify(job?.error)).not.toContain('.ts');
  expect(job).not.toHaveProperty('result');
  expect(await kindsOf('demo.fail/1')).toEqual(['putlog.job.retrying', 'putlog.job.retrying', 'putlog.job.dead']);
});

test.each([true, false])(
  'a job over its timeout is failed with job-timed-out, and what stands behind it runs (heeds its signal: %s)',
  async (heeds) => {
    const name = `test.late/${heeds}`;
    const next = `demo.echo/behind-${heeds}`;
    const began = performance.now();
    expect((await api.put(`${name}?key=late-${heeds}`, { heeds })).status).toBe(202);
    expect((await api.put(`${next}?key=late-${heeds}`, { n: 1, text: '' })).status).toBe(202);
    const [job, behind] = await api.finished([name, next]);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'job-timed-out', status: 504 } });
    expect(behind).toMatchObject({ state: 'succeeded' });
    expect((await kindsOf(name)).filter((type) => type !== 'putlog.job.started')).toEqual(['putlog.job.failed']);
  },
);

const wire = (schemaId: number, ...rest: number[]) => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, Buffer.from(rest)]);
};

/** The position of a command, as a status tells it: `topic/partition@offset`. */
const partitionIn = (position: unknown) => Number(/\/(\d+)@\d+$/.exec(String(position))?.[1] ?? Number.NaN);

async function deadEvents(partition: number): Promise<JobEvent[]> {
  const cluster = await watchedCluster(system.brokers, [system.topics.events]);
  try {
    const records = await readAll(cluster, system.topics.events, partition);
    return records
      .filter(({ headers }) => String(headers.ce_type) === 'putlog.job.dead')
      .map(({ value }): JobEvent => eventType.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)));
  } finally {
    await cluster.close();
  }
}

test('poison is dead-lettered once each with its bytes, and its partition moves on', async () => {
  const before = await api.put('demo.echo/before?key=poisoned', { n: 1, text: '' });
  const partition = partitionIn(before.body.position);
  const first = (await readAllCommands(partition))[0];
  const poison = [
    Buffer.from('this is not Avro'),
    Buffer.alloc(0),
    wire(999_999, 1, 2, 3),
    // The right schema, and a body that is cut short.
    first?.subarray(0, 20) ?? Buffer.alloc(0),
    Buffer.concat([first ?? Buffer.alloc(0), Buffer.from('and more')]),
  ];
  const producer = createKafka({ brokers: system.brokers, clientId: 'test', log: silent }).producer();
  await producer.connect();
  await producer.send({ topic: commands, messages: poison.map((value) => ({ key: 'poisoned', value, partition })) });
  await producer.disconnect();

  const after = await api.put('demo.echo/after?key=poisoned', { n: 2, text: '' });
  expect(partitionIn(after.body.position)).toBe(partition);
  expect((await api.finished(['demo.echo/before', 'demo.echo/after'])).map(({ state }) => state)).toEqual([
    'succeeded',
    'succeeded',
  ]);
  const dead = await until('a dead event of each', async () => {
    const found = await deadEvents(partition);
    return found.length >= poison.length ? found : undefined;
  });
  expect(dead.map(({ original }) => original?.toString('hex')).sort()).toEqual(
    poison.map((value) => value.toString('hex')).sort(),
  );
  for (const { error, command } of dead) {
    expect(JSON.parse(error ?? '{}')).toMatchObject({ code: 'record-undecodable' });
    expect(command).toMatchObject({ topic: commands, partition });
  }
  expect(new Set(dead.map(({ command }) => command.offset)).size).toBe(poison.length);
});

async function readAllCommands(partition: number): Promise<Buffer[]> {
  const cluster = await watchedCluster(system.brokers, [commands]);
  try {
    return (await readAll(cluster, commands, partition)).flatMap(({ value }) => value ?? []);
  } finally {
    await cluster.close();
  }
}
