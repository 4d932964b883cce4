// What is in the topics, as AsyncAPI says it: made of the schemas that are registered, of the names that the topics have, and of the
// defaults of the configuration. docs/generate.ts writes it as docs/asyncapi.yaml.
// https://www.asyncapi.com/docs/reference/specification/v3.1.0, https://github.com/asyncapi/bindings/tree/master/kafka
import packageJson from '../package.json' with { type: 'json' };
import { settings } from '../platform/config.ts';
import { cancelSchema } from '../schemas/cancel.ts';
import { commandSchema } from '../schemas/command.ts';
import { redriveHeader } from '../schemas/dead-letter.ts';
import { eventKinds, eventSchema } from '../schemas/event.ts';
import { fenceEventType, fenceSchema } from '../schemas/fence.ts';
import { settingSchema } from '../schemas/setting.ts';
import { lanes, subscriberNames, topicNames } from '../schemas/topics.ts';
import { deadHeaders } from '../subscribe/dead-event.ts';
import { asyncApiExamples } from './asyncapi-examples.ts';
import { toYaml } from './to-yaml.ts';

const prefix = settings.prefix.fallback ?? '';
const topics = topicNames(prefix);
const kafka = { bindingVersion: '0.5.0' };
const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });

/** Every record has them: CloudEvents 1.0 in binary mode, and W3C trace context. */
const headers = (types: readonly string[], subject: string, more: Record<string, object> = {}) => ({
  type: 'object',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_subject', 'ce_time', 'content-type', 'traceparent'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: text('The same wherever it is told: here, in an event stream, in a webhook'),
    ce_source: text('The process that says so'),
    ce_type: { type: 'string', enum: types },
    ce_subject: text(subject),
    ce_time: text('When', { format: 'date-time' }),
    'content-type': { type: 'string', const: 'application/avro' },
    traceparent: text('W3C trace context'),
    ...more,
  },
});

type Told = { title: string; summary: string; schema: object; headers: object; key: string };

/** Values are Avro in the wire format of Confluent: a zero byte, the schema's id in four bytes, the body. */
const message = (name: keyof typeof asyncApiExamples, { title, summary, schema, headers: its, key }: Told) => ({
  ...{ name, title, summary, contentType: 'application/avro', headers: its },
  payload: { schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema },
  bindings: {
    kafka: {
      ...{ key: text(key), schemaIdLocation: 'payload', schemaIdPayloadEncoding: 'confluent' },
      ...kafka,
    },
  },
  examples: [asyncApiExamples[name]],
});

const job = 'Type and id of the job, with a slash between them';

const messages = {
  command: message('command', {
    ...{ title: 'Command', summary: 'Asks for a job to be run.', schema: commandSchema, key: 'Ordering key' },
    headers: headers(['putlog.job.submit', 'putlog.job.run'], job, {
      [redriveHeader]: text('Of one that is sent again after it was dead: which'),
    }),
  }),
  event: message('event', {
    ...{ title: 'Event', summary: 'Tells what happened to a job.', schema: eventSchema, key: job },
    headers: headers(
      eventKinds.map((kind) => `putlog.job.${kind}`),
      job,
    ),
  }),
  fence: message('fence', {
    ...{ title: 'Fence', summary: 'A worker begins to write here. Nothing about a job: pass over it.' },
    ...{
      schema: fenceSchema,
      key: 'Identity of the writer',
      headers: headers([fenceEventType], 'Identity of the writer'),
    },
  }),
  cancel: message('cancel', {
    ...{ title: 'Cancel', summary: 'Asks that a job end.', schema: cancelSchema, key: job },
    headers: headers(['putlog.job.cancel'], job),
  }),
  setting: message('setting', {
    ...{ title: 'Setting', summary: 'What somebody decided while the system runs.', schema: settingSchema },
    ...{ key: 'Name of the setting', headers: headers(['putlog.setting'], 'Name of the setting') },
  }),
  deadEvent: message('deadEvent', {
    ...{ title: 'Dead event', summary: 'An event that a subscriber could not handle, as it was read.' },
    ...{ schema: eventSchema, key: job },
    headers: {
      type: 'object',
      description: 'Those of the event as it was read, and why it is here',
      required: Object.keys(deadHeaders),
      properties: Object.fromEntries(Object.entries(deadHeaders).map(([name, about]) => [name, text(about)])),
    },
  }),
};

type Channel = { address: string; title: string; description: string; holds: (keyof typeof messages)[] };
type Shape = { partitions: number; compacted?: boolean; retentionMs: number };

const channel = (about: Channel, { partitions, compacted = false, retentionMs }: Shape) => {
  const { address, title, description, holds } = about;
  return {
    ...{ address, title, description },
    messages: Object.fromEntries(holds.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        // One with parameters is many topics.
        ...(!address.includes('{') && { topic: address }),
        ...{ partitions, replicas: Number(settings.replication.fallback) },
        topicConfiguration: {
          'cleanup.policy': [compacted ? 'compact' : 'delete'],
          'retention.ms': retentionMs,
        },
        ...kafka,
      },
    },
  };
};

const together = Number(settings.partitions.fallback);
const commandRetention = Number(settings.commandRetentionMs.fallback);
const anyLane = topics.commands('{queue}').replace(/[^.]+$/, '{lane}');

const channels = {
  commands: {
    ...channel(
      {
        ...{ address: anyLane, title: 'Commands of a queue', holds: ['command'] },
        description:
          'A topic for each queue and lane. A command is in the partition of its ordering key (murmur2, as Kafka’s own clients have it); ' +
          'the outcome of a command is in the same partition of the events.',
      },
      { partitions: together, retentionMs: commandRetention },
    ),
    parameters: {
      queue: { description: 'Queue of a job type', default: 'default' },
      lane: { description: 'The most urgent first', enum: [...lanes], default: 'normal' },
    },
  },
  events: channel(
    {
      ...{ address: topics.events, title: 'Events', holds: ['event', 'fence'] },
      description:
        'Everything that happened to every job. All of one job is in one partition, in order, each once: no isolation level and no ' +
        'deduplication is needed.',
    },
    { partitions: together, retentionMs: Number(settings.eventRetentionMs.fallback) },
  ),
  cancels: channel(
    {
      ...{ address: topics.cancels, title: 'Cancels', holds: ['cancel'] },
      description: 'Read by every worker. One partition.',
    },
    { partitions: 1, retentionMs: commandRetention },
  ),
  settings: channel(
    {
      ...{ address: topics.settings, title: 'Settings', holds: ['setting'] },
      description:
        'Schedules, limits, paused queues, keys: read by every process from the first on; the latest of a name counts.',
    },
    { partitions: 1, compacted: true, retentionMs: -1 },
  ),
  deadEvents: {
    ...channel(
      {
        ...{
          address: subscriberNames(prefix, '{group}').dead,
          title: 'Dead events of a subscriber',
          holds: ['deadEvent'],
        },
        description: 'Made by a service that subscribes with putlog/subscribe and says nothing else of what is dead.',
      },
      { partitions: 1, retentionMs: -1 },
    ),
    parameters: { group: { description: 'The group that the service subscribes as' } },
  },
};

const operation = (action: 'send' | 'receive', name: keyof typeof channels, summary: string, of: string) => ({
  ...{ action, summary, channel: { $ref: `#/channels/${name}` } },
  messages: [{ $ref: `#/channels/${name}/messages/${of}` }],
});

export const asyncApiDocument = {
  asyncapi: '3.1.0',
  info: {
    ...{ title: 'Putlog', version: packageJson.version, license: { name: packageJson.license } },
    description:
      `The topics of Putlog, with the defaults of its configuration: \`${prefix}\` is PUTLOG_PREFIX. Values are Avro in the wire format of ` +
      'Confluent (a zero byte, the id of the schema in the registry, the body); headers are CloudEvents 1.0 in binary mode. How to ' +
      'subscribe is in docs/subscribing.md.',
  },
  defaultContentType: 'application/avro',
  servers: {
    local: {
      ...{ host: 'localhost:9092', protocol: 'kafka', description: 'KAFKA_BROKERS; `npm start` says where its own is' },
      bindings: {
        kafka: { schemaRegistryUrl: 'http://localhost:8081', schemaRegistryVendor: 'confluent', ...kafka },
      },
    },
  },
  channels,
  operations: {
    takeCommands: operation('receive', 'commands', 'The api submits jobs, workers run them.', 'command'),
    tellEvents: operation('send', 'events', 'The worker that has the partition tells what happened.', 'event'),
    fence: operation('send', 'events', 'A worker takes a partition over.', 'fence'),
    takeCancels: operation('receive', 'cancels', 'The end of a job is asked for.', 'cancel'),
    takeSettings: operation('receive', 'settings', 'Something is decided for all processes.', 'setting'),
    takeDeadEvents: operation('send', 'deadEvents', 'A subscriber could not handle an event.', 'deadEvent'),
  },
  components: { messages },
};

export const asyncApiPage = (): string =>
  `# Generated from schemas/ by \`npm run docs\`; edit that instead.${toYaml(asyncApiDocument)}\n`;
