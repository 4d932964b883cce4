import { expect, test } from 'vitest';
import { createProduceCombiner } from './produce-combiner.ts';
import type { ProduceBatch, ProduceResult } from './produce-request.ts';

const batch = (topic: string, partition: number, producerId = '1'): ProduceBatch => ({
  ...{ topic, partition, firstSequence: 0, messages: [] },
  producer: { producerId, producerEpoch: 0 },
});
const stored = ({ topic, partition }: ProduceBatch, offset: number): ProduceResult => ({
  ...{ topic, partition, offset },
  errorCode: 0,
});

function combined(answer: (batches: ProduceBatch[], request: number) => ProduceResult[]) {
  const requests: { broker: object; names: string[] }[] = [];
  const send = async (broker: object, batches: ProduceBatch[]) => {
    const names = batches.map(({ topic, partition, producer }) => `${topic}/${partition} of ${producer.producerId}`);
    requests.push({ broker, names });
    return answer(batches, requests.length);
  };
  return { requests, produce: createProduceCombiner(send) };
}

test('what comes in one turn is one request, and each sender gets the answers of its own batches', async () => {
  const { requests, produce } = combined((batches) => batches.map((each, i) => stored(each, 100 + i)));
  const broker = {};
  const answers = await Promise.all([
    produce(broker, [batch('a', 0), batch('a', 1)]),
    produce(broker, [batch('b', 0, '2')]),
  ]);
  expect(requests).toEqual([{ broker, names: ['a/0 of 1', 'a/1 of 1', 'b/0 of 2'] }]);
  expect(answers.map((results) => results.map(({ offset }) => offset))).toEqual([[100, 101], [102]]);
  await produce(broker, [batch('a', 0)]);
  expect(requests).toHaveLength(2);
});

test('each broker has requests of its own', async () => {
  const { requests, produce } = combined((batches) => batches.map((each) => stored(each, 0)));
  await Promise.all([produce({ id: 1 }, [batch('a', 0)]), produce({ id: 2 }, [batch('a', 1)])]);
  expect(requests.map(({ names }) => names)).toEqual([['a/0 of 1'], ['a/1 of 1']]);
});

test('a partition is never twice in a request: the newer term goes behind the older one', async () => {
  const { requests, produce } = combined((batches, request) => batches.map((each) => stored(each, request)));
  const broker = {};
  const answers = await Promise.all([
    produce(broker, [batch('e', 0, 'old')]),
    produce(broker, [batch('e', 0, 'new')]),
    produce(broker, [batch('e', 1, 'other')]),
  ]);
  expect(requests.map(({ names }) => names)).toEqual([['e/0 of old', 'e/1 of other'], ['e/0 of new']]);
  expect(answers.map(([result]) => result?.offset)).toEqual([1, 2, 1]);
});

test('a request without an answer is without an answer for all who were in it, and for nobody else', async () => {
  const { produce } = combined((batches, request) => {
    if (request === 1) throw new Error('connection lost');
    return batches.map((each) => stored(each, 7));
  });
  const broker = {};
  const lost = await Promise.allSettled([produce(broker, [batch('a', 0)]), produce(broker, [batch('a', 1)])]);
  expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await produce(broker, [batch('a', 0)])).toMatchObject([{ offset: 7 }]);
});
