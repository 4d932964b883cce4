// What a producer of the current version writes: every kind of command and event, fences, cancels, and settings of every kind, as values.
// add.ts records them once a schema has changed. A new field is a compile error here until it has a value.
import { createHash } from 'node:crypto';
import type { AccessKey } from '../../schemas/access-key.ts';
import { type CallOptions, callOptionsText } from '../../schemas/call-options.ts';
import type { Cancel } from '../../schemas/cancel.ts';
import { undoneBytes } from '../../schemas/checkpoint.ts';
import type { Command } from '../../schemas/command.ts';
import { redriveHeader } from '../../schemas/dead-letter.ts';
import { type EventKind, eventKinds, type JobEvent } from '../../schemas/event.ts';
import { type Fence, fenceEventType } from '../../schemas/fence.ts';
import { jobKey } from '../../schemas/job-status.ts';
import type { Limit } from '../../schemas/limit.ts';
import { positionText } from '../../schemas/position.ts';
import type { Schedule } from '../../schemas/schedule.ts';
import { type Setting, settingNames } from '../../schemas/setting.ts';
import { ownerIdentity, topicNames } from '../../schemas/topics.ts';

/** `headers`: those alone that a reader of the log goes by. */
export type Sample<T> = { topic: string; key: string; at: number; headers: Record<string, string>; value: T };

const topics = topicNames('putlog');
const commandsTopic = topics.commands('default');
const [type, worker] = ['demo.echo', 'worker-1'];
const payload = '{"n":1,"text":"Grüße, \u{1f600}"}';
const digest = createHash('sha256').update(payload).digest('hex');

/** Each version is written on a day of its own. */
const dayOf = (version: number) => Date.UTC(2026, 10, 20) + version * 86_400_000;

const everyOption: CallOptions = {
  ...{ timeoutMs: 30_000, schedule: 'nightly', callback: 'https://example.org/told', notify: 'ops@example.org' },
  ...{ next: [{ type, id: 'next' }], by: 'key-1', parent: `${type}/before` },
  group: { id: 'all', member: { index: 0, size: 2, final: { type, id: 'final' } } },
};
const options = callOptionsText(everyOption);

export function commandSamples(version: number): Sample<Command>[] {
  const submittedAt = dayOf(version);
  const sample = (name: string, fields: Partial<Command>, headers: Record<string, string> = {}): Sample<Command> => {
    const id = `command-${version}-${name}`;
    const key = jobKey(type, id);
    const value: Command = {
      ...{ kind: 'submit', type, id, generation: 0, attempt: 1, key, payload, digest, submittedAt },
      ...{ dueAt: null, after: null, options: null },
      ...fields,
    };
    const ce_type = `putlog.job.${value.kind}`;
    return { topic: commandsTopic, key: value.key, at: submittedAt, headers: { ce_type, ...headers }, value };
  };
  const after = { topic: commandsTopic, partition: 0, offset: version * 1_000 };
  const dead = eventSamples(version).find(({ value }) => value.kind === 'dead')?.value.command ?? after;
  return [
    sample('now', {}),
    sample('later', { key: 'customer-7', dueAt: submittedAt + 60_000, options }),
    sample('again', { kind: 'run', attempt: 2, after, options }),
    sample('redriven', { generation: 1 }, { [redriveHeader]: positionText(dead) }),
  ];
}

const error = (code: string, detail: string) =>
  JSON.stringify({
    ...{ type: `urn:putlog:error:${code}`, title: 'A title', status: 500 },
    detail,
    code,
    retriable: false,
  });

const fieldsOf: Readonly<Record<EventKind, (at: number) => Partial<JobEvent>>> = {
  scheduled: (at) => ({ startedAt: null, dueAt: at + 60_000, payload, options }),
  started: () => ({}),
  progressed: () => ({ progress: '{"current":1,"total":3,"message":"one of three"}' }),
  succeeded: () => ({ result: '{"text":"Grüße, \u{1f600} and \ufffd"}' }),
  retrying: (at) => ({
    ...{ error: error('job-failed', 'no'), dueAt: at + 1_000, payload, inPlace: true, attempt: 2 },
  }),
  failed: () => ({ error: error('job-failed', 'no') }),
  cancelled: () => ({ startedAt: null, error: error('job-cancelled', 'Somebody asked for its end.') }),
  dead: () => ({ error: error('job-failed', 'five times'), original: Buffer.from([0, 0, 0, 0, 101, 255]), attempt: 5 }),
  rejected: () => ({ startedAt: null, error: error('id-in-use', 'another payload') }),
};

/** Of one job, one after the other. */
const life: readonly EventKind[] = ['scheduled', 'started', 'progressed', 'retrying', 'succeeded'];

/** Retention has taken the commands that they are about. */
export function eventSamples(version: number): Sample<JobEvent>[] {
  const submittedAt = dayOf(version);
  const sample = (kind: EventKind, name: string, n: number, fields: Partial<JobEvent> = {}): Sample<JobEvent> => {
    const at = submittedAt + 100 + n;
    const id = `event-${version}-${name}`;
    const value: JobEvent = {
      ...{ kind, type, id, generation: 0, attempt: 1, key: 'customer-7', digest, submittedAt },
      ...{ startedAt: submittedAt + 50, at, worker, result: null, error: null, original: null },
      command: { topic: commandsTopic, partition: 0, offset: version * 1_000 + n },
      ...{ progress: null, dueAt: null, payload: null, inPlace: false, options: null },
      ...fieldsOf[kind](at),
      ...fields,
    };
    const headers = { ce_type: `putlog.job.${kind}` };
    return { topic: topics.events, key: jobKey(value.type, value.id), at, headers, value };
  };
  const nobody = {
    ...{ type: '', id: '', key: '', digest: '' },
    error: error('record-undecodable', 'it is cut short'),
  };
  return [
    ...life.map((kind, n) => sample(kind, 'life', n)),
    ...eventKinds.filter((kind) => !life.includes(kind)).map((kind, n) => sample(kind, kind, life.length + n)),
    sample('dead', 'unreadable', eventKinds.length, nobody),
  ];
}

export function fenceSamples(version: number): Sample<Fence>[] {
  const at = dayOf(version);
  const identity = ownerIdentity('putlog.workers', commandsTopic, 0);
  const about = { topic: topics.events, key: identity, at, headers: { ce_type: fenceEventType } };
  const value: Fence = { ...{ identity, producerId: '9007199254740993', producerEpoch: 2, worker, at }, undone: null };
  return [
    { ...about, value },
    { ...about, value: { ...value, undone: undoneBytes(10, [10, 14, 1_000]) } },
  ];
}

export function cancelSamples(version: number): Sample<Cancel>[] {
  const [at, id] = [dayOf(version), `cancel-${version}`];
  const headers = { ce_type: 'putlog.job.cancel' };
  return [{ topic: topics.cancels, key: jobKey(type, id), at, headers, value: { type, id, generation: 1, at } }];
}

export function settingSamples(version: number): Sample<Setting>[] {
  const at = dayOf(version);
  const limit: Limit = { concurrency: 5, perSecond: 0.5 };
  const schedule: Schedule = {
    ...{ cron: '0 3 * * *', timeZone: 'Europe/Berlin', type, payload: { n: 1, text: 'x' }, key: 'schedule/nightly' },
    ...{ overlap: 'skip', missed: 'one', paused: false, createdAt: at, since: at },
  };
  const key: AccessKey = {
    ...{ name: 'shop', hash: digest, scopes: ['submit', 'read'], types: ['demo.*'] },
    ...{ rate: { count: 100, window: 60 }, createdAt: at, expiresAt: at + 1_000 },
  };
  const all: [string, unknown][] = [
    [settingNames.queue('default'), { paused: true }],
    [settingNames.limit(type), limit],
    [settingNames.schedule('nightly'), schedule],
    [settingNames.key('0123456789ab'), key],
    [settingNames.queue('default'), undefined],
  ];
  return all.map(([name, told]) => ({
    ...{ topic: topics.settings, key: name, at, headers: { ce_type: 'putlog.setting' } },
    value: { name, value: told === undefined ? null : JSON.stringify(told), at },
  }));
}
