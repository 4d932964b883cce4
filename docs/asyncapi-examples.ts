// One record of each kind, for the description of the topics: its headers, and its value as its Avro type has it, which a test encodes.
import type { Cancel } from '../schemas/cancel.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { type Fence, fenceEventType } from '../schemas/fence.ts';
import { type RecordHeaders, recordHeaders } from '../schemas/record-headers.ts';
import type { Setting } from '../schemas/setting.ts';
import { topicNames } from '../schemas/topics.ts';

type Example<T> = { headers: RecordHeaders | (RecordHeaders & Record<string, string>); payload: T };

const submittedAt = Date.UTC(2026, 10, 22, 9, 30);
const at = submittedAt + 12;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const type = 'word.count';
const [id, subject] = ['1', `${type}/1`];
const digest = '5ecbc23e5a1c2d7bcf6b1d4d12e2b6a1b7bd1b6a9f1d3c0a8e9c6a5d7f4b2e11';
const worker = 'worker-1';
const topics = topicNames('putlog');
const identity = `putlog.workers.${topics.commands('default')}.3`;

const headers = (what: string, ceId: string, about: string, source: string) =>
  recordHeaders({ id: ceId, source, type: what, subject: about, at }, traceparent);

const event: Example<JobEvent> = {
  headers: headers('putlog.job.succeeded', `${subject}/0.1/succeeded`, subject, `/putlog/workers/${worker}`),
  payload: {
    ...{ kind: 'succeeded', type, id, generation: 0, attempt: 1, key: subject, digest, submittedAt },
    ...{
      startedAt: submittedAt + 10,
      at,
      worker,
      command: { topic: topics.commands('default'), partition: 3, offset: 17 },
    },
    ...{ result: '{"words":3}', error: null, original: null, progress: null, dueAt: null, payload: null },
    ...{ inPlace: false, options: null },
  },
};

const command: Example<Command> = {
  headers: headers('putlog.job.submit', `${subject}/0/submit`, subject, '/putlog/api/1'),
  payload: {
    ...{
      kind: 'submit',
      type,
      id,
      generation: 0,
      attempt: 1,
      key: subject,
      payload: '{"text":"so few words"}',
      digest,
    },
    ...{ submittedAt, dueAt: null, after: null, options: null },
  },
};

const fence: Example<Fence> = {
  headers: headers(fenceEventType, `${identity}/4711.2/${at}`, identity, `/putlog/workers/${worker}`),
  payload: { identity, producerId: '4711', producerEpoch: 2, worker, at, undone: null },
};

const cancel: Example<Cancel> = {
  headers: headers('putlog.job.cancel', `${subject}/0/cancel`, subject, '/putlog/api/1'),
  payload: { type, id, generation: 0, at },
};

const setting: Example<Setting> = {
  headers: headers('putlog.setting', '019a8f6e-0000-7000-8000-000000000001', 'queue/default', '/putlog/api/1'),
  payload: { name: 'queue/default', value: '{"paused":true}', at },
};

const deadEvent: Example<JobEvent> = {
  headers: {
    ...event.headers,
    ...{ dead_position: `${topics.events}/3@21`, dead_reason: 'the ledger is closed', dead_attempts: '5' },
    dead_at: new Date(at + 10_000).toISOString(),
  },
  payload: event.payload,
};

export const asyncApiExamples = { command, event, fence, cancel, setting, deadEvent };
