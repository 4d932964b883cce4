import Broker from 'kafkajs/src/broker/index.js';
import { expect, test } from 'vitest';
import './kafkajs-fetch.ts';

const logger = { namespace: () => logger, debug: () => undefined };
type Request = { sessionId: number; sessionEpoch: number; topics: unknown[] };
type Answer = { errorCode: number; sessionId: number; responses: { topicName: string; partitions: object[] }[] };

const silent = { messages: [], preferredReadReplica: -1 };
const options = {
  ...{ maxWaitTime: 1, minBytes: 1, maxBytes: 1, isolationLevel: 0, rackId: '' },
  topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: '3', maxBytes: 1 }] }],
};

/** `asked`: what came to it. */
function brokerThat(...answers: (Answer | Error)[]) {
  const asked: Request[] = [];
  const connectionPool = {
    send: async ({ request }: { request: Request }) => {
      asked.push(request);
      const answer = answers.shift() ?? new Error('asked too often');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    destroy: async () => undefined,
  };
  const broker = new Broker({ connectionPool, logger });
  broker.versions = { 1: { minVersion: 0, maxVersion: 11 } };
  broker.lookupRequest = () => (payload) => ({
    ...{ request: payload, response: { decode: async () => null, parse: async () => null }, requestTimeout: 1 },
  });
  return {
    broker,
    asked: () => asked.map(({ sessionId, sessionEpoch, topics }) => [sessionId, sessionEpoch, topics.length]),
  };
}
const answer = (sessionId: number, ...partitions: object[]): Answer => ({
  ...{ errorCode: 0, sessionId, responses: [{ topicName: 'a', partitions }] },
});
const refusal = (errorCode: number): Answer => ({ errorCode, sessionId: 0, responses: [] });

test('a consumer hears of what says something, and asks in a session', async () => {
  const full = { partition: 1, messages: [{ offset: '3' }], preferredReadReplica: -1 };
  const elsewhere = { partition: 2, messages: [], preferredReadReplica: 4 };
  const { broker, asked } = brokerThat(answer(7, { partition: 0, ...silent }, full, elsewhere), answer(7));
  expect(await broker.fetch(options)).toMatchObject({ responses: [{ topicName: 'a', partitions: [full, elsewhere] }] });
  expect(await broker.fetch(options)).toMatchObject({ responses: [] });
  expect(asked()).toEqual([
    [0, 0, 1],
    [7, 1, 0],
  ]);
});

test.each([70, 71])('a session that is gone (%i) is begun anew at once', async (code) => {
  const { broker, asked } = brokerThat(answer(7), refusal(code), answer(8));
  await broker.fetch(options);
  await broker.fetch(options);
  expect(asked()).toEqual([
    [0, 0, 1],
    [7, 1, 0],
    [0, 0, 1],
  ]);
});

test('after no answer, and after one that is an error, the next says everything', async () => {
  const { broker, asked } = brokerThat(answer(7), new Error('timed out'), answer(8), refusal(29), answer(9));
  await broker.fetch(options);
  await expect(broker.fetch(options)).rejects.toThrow('timed out');
  await broker.fetch(options);
  await expect(broker.fetch(options)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  await broker.fetch(options);
  expect(asked().map(([session, epoch]) => [session, epoch])).toEqual([
    [0, 0],
    [7, 1],
    [0, 0],
    [8, 1],
    [0, 0],
  ]);
});
