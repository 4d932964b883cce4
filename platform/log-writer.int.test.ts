import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { until } from '../test/stack/deadline.ts';
import { createTopic, silent as log, randomName, readAll, watchedCluster } from '../test/stack/log.ts';
import type { KafkaCluster } from './cluster.ts';
import { FencedError } from './fenced-error.ts';
import { type LogWriter, type LogWriterOptions, openLogWriter } from './log-writer.ts';
import { persist } from './persist.ts';

const { brokers } = inject('stack');
let topic: string;
let cluster: KafkaCluster;
const writers: LogWriter[] = [];

beforeEach(async () => {
  topic = await createTopic(brokers, 4);
  cluster = await watchedCluster(brokers, [topic]);
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close(0)));
  await cluster.close();
});

async function open(options: Partial<LogWriterOptions> = {}): Promise<LogWriter> {
  // A broker that has just started does not hand out producer ids at once.
  const writer = await persist(() => openLogWriter({ cluster, log, ...options }), { log, what: 'open a writer' });
  writers.push(writer);
  return writer;
}
const record = (text: string, partition = 0) => ({
  ...{ topic, partition, key: Buffer.from('key'), value: Buffer.from(text), headers: {} },
  timestamp: Date.now(),
});
const stored = async (partition = 0) => (await readAll(cluster, topic, partition)).map(({ value }) => String(value));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

/** The broker stores what it is sent; the first `count` answers are lost on their way back. */
function losing(count: number): KafkaCluster {
  let left = count;
  const produce: KafkaCluster['produce'] = async (...request) => {
    const answer = await cluster.produce(...request);
    if (left-- > 0) throw new Error('the answer was lost');
    return answer;
  };
  return { ...cluster, produce };
}

describe('what is acknowledged is in the log once, in order', () => {
  test('thousands at once, over all partitions, in few requests', async () => {
    let requests = 0;
    const produce: KafkaCluster['produce'] = (...request) => {
      requests++;
      return cluster.produce(...request);
    };
    const writer = await open({ cluster: { ...cluster, produce } });
    const offsets = await Promise.all(numbers(4_000).map((text) => writer.append(record(text, Number(text) % 4))));
    for (const partition of [0, 1, 2, 3]) {
      const mine = numbers(4_000).filter((text) => Number(text) % 4 === partition);
      expect(await stored(partition)).toEqual(mine);
      expect(mine.map((text) => offsets[Number(text)])).toEqual(mine.map((_, i) => i));
    }
    expect(requests).toBeLessThan(40);
  });

  test('answers are lost, one and many in a row: the same batch goes again and is stored once', async () => {
    const writer = await open({ cluster: losing(5) });
    const first = numbers(20).map((text) => writer.append(record(text)));
    await Promise.all(first);
    await writer.append(record('last'));
    expect(await stored()).toEqual([...numbers(20), 'last']);
    expect(await Promise.all(first)).toEqual(numbers(20).map(Number));
  });

  test('with an identity too', async () => {
    const writer = await open({ cluster: losing(3), identity: randomName('owner') });
    await Promise.all(numbers(10).map((text) => writer.append(record(text, 1))));
    expect(await stored(1)).toEqual(numbers(10));
  });

  test('one record is refused as too large; those beside it are stored', async () => {
    topic = await createTopic(brokers, 1, { 'max.message.bytes': '20000' });
    await cluster.watch([topic]);
    const writer = await open();
    const texts = ['a', 'b', 'x'.repeat(30_000), 'c', 'd'];
    const results = await Promise.allSettled(texts.map((text) => writer.append(record(text))));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[2]).toMatchObject({ reason: { code: 'record-too-large' } });
    expect(await stored()).toEqual(['a', 'b', 'c', 'd']);
    await writer.append(record('e'));
    expect(await stored()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('an identity fences', () => {
  test('the older owner out of each partition where the newer one has written, and nowhere else', async () => {
    const identity = randomName('owner');
    const a = await open({ identity });
    await a.append(record('a1'));
    const b = await open({ identity });
    expect(b.identity.producerId).toBe(a.identity.producerId);
    expect(b.identity.producerEpoch).toBe(a.identity.producerEpoch + 1);
    await a.append(record('a2, before the fence'));
    await b.append(record('fence'));
    await expect(a.append(record('a3'))).rejects.toThrow(FencedError);
    expect(await stored()).toEqual(['a1', 'a2, before the fence', 'fence']);
  });

  test('a batch of the older owner whose answer was lost, when it goes again behind the fence', async () => {
    const identity = randomName('owner');
    let hold: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      hold = resolve;
    });
    let tries = 0;
    const produce: KafkaCluster['produce'] = async (...request) => {
      if (tries++ === 0) throw new Error('nothing was sent, and nobody knows');
      await held;
      return cluster.produce(...request);
    };
    const a = await open({ identity, cluster: { ...cluster, produce } });
    const late = a.append(record('late'));
    const b = await open({ identity });
    await b.append(record('fence'));
    hold?.();
    await expect(late).rejects.toThrow(FencedError);
    expect(await stored()).toEqual(['fence']);
  });

  test('everything that waits is told at once, and the owner is told once', async () => {
    const identity = randomName('owner');
    const failures: Error[] = [];
    const a = await open({ identity, onFailure: (error) => failures.push(error) });
    const b = await open({ identity });
    await b.append(record('fence'));
    const results = await Promise.allSettled(numbers(500).map((text) => a.append(record(text))));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(failures).toHaveLength(1);
    expect(await stored()).toEqual(['fence']);
  });
});

describe('what cannot be appended is told, and how', () => {
  test('more than the queue holds: overloaded, at once', async () => {
    const writer = await open({ maxRecords: 10 });
    const results = await Promise.allSettled(numbers(12).map((text) => writer.append(record(text))));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    expect(results[11]).toMatchObject({ reason: { code: 'overloaded' } });
    expect(await stored()).toEqual(numbers(10));
  });

  test('no broker before the deadline: log-unavailable, and it is never stored', async () => {
    let away = true;
    const broker: KafkaCluster['broker'] = (nodeId) =>
      away ? Promise.reject(new Error('connection refused')) : cluster.broker(nodeId);
    const writer = await open({ cluster: { ...cluster, broker }, deadlineMs: 300 });
    await expect(writer.append(record('lost'))).rejects.toMatchObject({ code: 'log-unavailable' });
    away = false;
    await until('the writer finds the broker', () => writer.append(record('kept')).catch(() => undefined));
    expect(await stored()).toEqual(['kept']);
  });

  test('no answer before the deadline: outcome-unknown, and it is stored at most once', async () => {
    const writer = await open({ cluster: losing(5), deadlineMs: 150 });
    await expect(writer.append(record('perhaps'))).rejects.toMatchObject({ code: 'outcome-unknown' });
    await until('the log answers again', async () => {
      await writer.append(record('after')).catch(() => undefined);
      return (await stored()).includes('after') || undefined;
    });
    expect((await stored()).filter((text) => text === 'perhaps')).toHaveLength(1);
  });

  /** The broker says that it expects another sequence, as it would after an unclean election. */
  const outOfSequence = (): KafkaCluster => {
    let left = 1;
    const produce: KafkaCluster['produce'] = async (broker, batches) => {
      if (left-- > 0) return batches.map(({ topic, partition }) => ({ topic, partition, errorCode: 45, offset: -1 }));
      return cluster.produce(broker, batches);
    };
    return { ...cluster, produce };
  };

  test('the sequence is lost, without an identity: a new producer id, and the writer goes on', async () => {
    const writer = await open({ cluster: outOfSequence() });
    const before = writer.identity.producerId;
    await Promise.all(numbers(3).map((text) => writer.append(record(text))));
    expect(writer.identity.producerId).not.toBe(before);
    expect(await stored()).toEqual(numbers(3));
  });

  test('the sequence is lost, with an identity: the owner must take over anew', async () => {
    const writer = await open({ cluster: outOfSequence(), identity: randomName('owner') });
    await expect(writer.append(record('x'))).rejects.toThrow(FencedError);
    expect(await stored()).toEqual([]);
  });

  test('closing waits for what was appended, and takes nothing more', async () => {
    const writer = await open({ cluster: losing(2) });
    const appended = writer.append(record('first'));
    const closed = writer.close(10_000);
    await expect(writer.append(record('second'))).rejects.toMatchObject({ code: 'shutting-down' });
    await closed;
    expect(await appended).toBe(0);
    expect(await stored()).toEqual(['first']);
  });
});
