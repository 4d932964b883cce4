// A worker that reaches the leaders of its partitions and not its group: the group has given the partitions to another member
// by then, and the worker, which runs and could append, must not.
import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { choosePorts } from '../embedded/ports.ts';
import { type KafkaCluster, kafkaTimes } from '../platform/cluster.ts';
import { type KafkaProxy, startKafkaProxy } from '../test/faults/kafka-proxy.ts';
import { until } from '../test/stack/deadline.ts';
import { drive, useBench } from './drive.fixture.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';
import { createPauses, type Pause } from './pauses.ts';
import { joinWorkerGroup } from './worker-group.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});
const closing: (() => Promise<unknown>)[] = [];
let proxy: KafkaProxy;
let proxyPort: number;

beforeEach(async () => {
  const [broker = ''] = inject('stack').brokers.split(',');
  proxyPort = (await choosePorts({ proxy: { wanted: undefined, previous: undefined, setting: '' } })).proxy;
  proxy = await startKafkaProxy([{ port: proxyPort, target: Number(broker.split(':').at(-1)) }]);
});
afterEach(async () => {
  await proxy.heal();
  for (const close of closing.splice(0)) await close();
  await proxy.close();
});

/** A worker whose group is behind the proxy, and whose appends are not. */
async function startWorker(call: RunnerTools['call']) {
  const kafka = new Kafka({
    ...{ ...kafkaTimes, clientId: 'member', brokers: [`127.0.0.1:${proxyPort}`], logLevel: logLevel.NOTHING },
    // The broker tells its own address, which is not the proxy's.
    socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port: proxyPort }, onConnect).setNoDelay(true),
    retry: { ...kafkaTimes.retry, retries: Number.MAX_SAFE_INTEGER },
  });
  const pauses = createPauses({
    sessionMs: 6_000,
    told: (pause) => {
      told.push(pause);
      group?.hold();
    },
  });
  const told: Pause[] = [];
  const fatal: unknown[] = [];
  const { log } = bench;
  let group: Awaited<ReturnType<typeof joinWorkerGroup>> | undefined;
  group = await joinWorkerGroup({
    ...{ kafka, log, topics: [bench.topic], fatal: (error) => fatal.push(error) },
    tools: bench.tools({ call, pauses: pauses.look, answered: pauses.answered }),
  });
  closing.push(async () => {
    await group.stop(1_000);
    pauses.close();
    expect(fatal).toEqual([]);
  });
  await group.ready;
  return { group, told };
}
const outcomes = async () =>
  (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind === 'succeeded' ? [one.event.result] : [],
  );

test('it writes nothing while its group is silent, nor after another owner, whom Kafka did not let fence it out', async () => {
  await bench.submit('job');
  const answer = Promise.withResolvers<void>();
  const { group, told } = await startWorker(async () => {
    await answer.promise;
    return { ok: true, result: '"cut off"' };
  });
  await until('the job runs', async () => (await bench.db.collection('claims').findOne()) ?? undefined);
  proxy.isolate(/^member$/);
  await until('it notices', async () => (told.length > 0 ? true : undefined));
  expect(told).toEqual([{ kind: 'silent', ms: expect.any(Number) }]);

  // What Kafka does when it has forgotten an identity: another producer id, whose epochs fence nobody else out.
  const initProducerId: KafkaCluster['initProducerId'] = () => bench.cluster.initProducerId(null);
  const call: RunnerTools['call'] = async () => ({ ok: true, result: '"other"' });
  const other = drive(
    bench,
    bench.tools({ cluster: { ...bench.cluster, initProducerId }, call, sessionTimeoutMs: 500 }),
  );
  drives.push(other);
  await other.runner.start();
  await other.done(1);
  await other.stop();
  answer.resolve();
  await proxy.heal();
  await until('the group has answered, and the partition is owned again', async () => {
    const runner = [...group.runners()].find(({ partition }) => partition === 0);
    return runner?.checkpoint()?.offset === '1' ? true : undefined;
  });
  expect(await outcomes()).toEqual(['"other"']);
  expect(told).toHaveLength(1);
});

test('once the group has answered it writes what waited', async () => {
  await bench.submit('job');
  const answer = Promise.withResolvers<void>();
  const { group, told } = await startWorker(async () => {
    await answer.promise;
    return { ok: true, result: '1' };
  });
  await until('the job runs', async () => (await bench.db.collection('claims').findOne()) ?? undefined);
  const back = proxy.isolate(/^member$/);
  await until('it notices', async () => (told.length > 0 ? true : undefined));
  answer.resolve();
  expect(await outcomes()).toEqual([]);
  back();
  await until('its outcome', async () => ((await outcomes()).length > 0 ? true : undefined));
  expect(await outcomes()).toEqual(['1']);
  expect([...group.runners()].map(({ partition }) => partition).toSorted()).toEqual([0, 1]);
});
