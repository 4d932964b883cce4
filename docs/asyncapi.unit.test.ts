// The description of the topics is one that AsyncAPI's own parser finds nothing wrong with, it has every topic, and its examples are
// records that can be written.
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';
import { describe, expect, test } from 'vitest';
import { encodeWire } from '../platform/wire-format.ts';
import { cancelType } from '../schemas/cancel.ts';
import { commandType } from '../schemas/command.ts';
import { eventType } from '../schemas/event.ts';
import { fenceType } from '../schemas/fence.ts';
import { settingType } from '../schemas/setting.ts';
import { topicNames } from '../schemas/topics.ts';
import { asyncApiDocument, asyncApiPage } from './asyncapi.ts';
import { asyncApiExamples } from './asyncapi-examples.ts';

const parser = new Parser({ schemaParsers: [AvroSchemaParser()] });

test('it is right, and says so of everything that is recommended', { timeout: 120_000 }, async () => {
  const { document, diagnostics } = await parser.parse(asyncApiPage());
  expect(diagnostics).toEqual([]);
  expect(document?.allMessages().length).toBe(Object.keys(asyncApiExamples).length);
});

test('the parser finds what is wrong', { timeout: 120_000 }, async () => {
  const { diagnostics } = await parser.parse(asyncApiPage().replace('action: "send"', 'action: "shout"'));
  expect(diagnostics).not.toEqual([]);
});

test('every topic is in it', () => {
  const addresses = Object.values(asyncApiDocument.channels).map(({ address }) => address);
  const topics = topicNames('putlog');
  const all = [topics.events, topics.cancels, topics.settings, topics.commands('{queue}').replace('normal', '{lane}')];
  expect(addresses).toEqual(expect.arrayContaining(all));
});

describe('an example can be written', () => {
  const types = { command: commandType, event: eventType, fence: fenceType, cancel: cancelType, setting: settingType };
  test.each(Object.entries({ ...types, deadEvent: eventType }))('%s', (name, type) => {
    const { payload } = asyncApiExamples[name as keyof typeof asyncApiExamples];
    expect(encodeWire(type, 1, payload).length).toBeGreaterThan(20);
  });
});
