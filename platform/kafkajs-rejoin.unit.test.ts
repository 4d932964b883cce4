import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup.js';
import { expect, test } from 'vitest';
import './kafkajs-rejoin.ts';

const group = () =>
  new ConsumerGroup({
    ...{ retry: {}, cluster: {}, groupId: 'group', topics: [], topicConfigurations: {}, assigners: [] },
    ...{ logger: { namespace: () => ({}) }, instrumentationEmitter: { emit: () => undefined } },
  });

test('who is in no group hears so at the next heartbeat, by the error upon which kafkajs joins', async () => {
  await expect(group().heartbeat({ interval: 0 })).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' });
});

test('a member sends its heartbeats as ever', async () => {
  const member = group();
  const sent: unknown[] = [];
  member.memberId = 'member';
  member.generationId = 3;
  member.coordinator = { heartbeat: async (payload) => void sent.push(payload) };
  await member.heartbeat({ interval: 0 });
  expect(sent).toEqual([{ groupId: 'group', memberId: 'member', groupGenerationId: 3 }]);
});
