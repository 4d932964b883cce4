// A small history without a breach, for the tests of the invariants: three calls of one key, of which the last one failed,
// a refused one, a poison record and two terms of partition 3. Each test breaks one thing of it.
import type { Command } from '../../schemas/command.ts';
import type { JobEvent } from '../../schemas/event.ts';
import { groupNames, ownerIdentity } from '../../schemas/topics.ts';
import { foldLog } from './fold.ts';
import type { History } from './invariants-history.ts';
import type { JournaledJob } from './journal.ts';

export const topic = 'x.commands.default.normal';
const digest = 'd'.repeat(64);
const partition = 3;

export const jobOf = (id: string, more: Partial<JournaledJob> = {}): JournaledJob => ({
  ...{ name: `fault.ordered/${id}`, type: 'fault.ordered', id, key: 'k', number: null, expects: ['succeeded'], digest },
  answers: { acked: 1, rejected: 0, unknown: 0, open: 0 },
  readings: [],
  ...more,
});

const commandOf = (id: string): Command => ({
  ...{ kind: 'submit', type: 'fault.ordered', id, generation: 0, attempt: 1, key: 'k', payload: '{}', digest },
  submittedAt: 1_000,
  dueAt: null,
  after: null,
  options: null,
});

export const eventOf = (id: string, offset: number, more: Partial<JobEvent> = {}): JobEvent => ({
  ...{ kind: 'succeeded', type: 'fault.ordered', id, generation: 0, attempt: 1, key: 'k', digest, submittedAt: 1_000 },
  ...{ startedAt: 2_000, at: 3_000, worker: 'host-41-abc123', command: { topic, partition, offset } },
  ...{
    result: '{"n":1}',
    error: null,
    original: null,
    progress: null,
    dueAt: null,
    payload: null,
    inPlace: false,
    options: null,
  },
  ...more,
});

export const logged = (offset: number, event: JobEvent) => ({ partition, offset, event });

const fenceOf = (offset: number, pid: number, producerEpoch: number) => ({
  partition,
  offset,
  fence: {
    identity: ownerIdentity(groupNames('x').workers, topic, partition),
    producerId: '7',
    undone: null,
    producerEpoch,
    worker: `host-${pid}-abc123`,
    at: 1,
  },
});

export const ran = (what: 'begin' | 'end', id: string, at: number, pid = 41): History['executions'][number] => {
  const number = id.startsWith('k.') ? Number(id.slice(2)) : null;
  return { what, job: `fault.ordered/${id}`, attempt: 1, key: 'k', number, pid, at };
};

export function soundHistory(): History & { jobs: Map<string, JournaledJob> } {
  const ids = ['k.0', 'k.1', 'k.2'];
  const poison = Buffer.from('poison');
  const jobs = ids.map((id, number) => jobOf(id, { number, ...(number === 2 && { expects: ['failed'] }) }));
  const refused = jobOf('no', { answers: { acked: 0, rejected: 1, unknown: 0, open: 0 } });
  const commands = ids.map((id, offset) => ({
    ...{ position: { topic, partition, offset }, command: commandOf(id), value: Buffer.from(id) },
  }));
  const dead = { kind: 'dead', type: '', id: '', key: '', digest: '', error: '{"code":"record-undecodable"}' } as const;
  const log = {
    commands: [...commands, { position: { topic, partition, offset: 3 }, command: undefined, value: poison }],
    events: [
      logged(1, eventOf('k.0', 0)),
      logged(3, eventOf('k.1', 1, { kind: 'started', result: null })),
      logged(4, eventOf('k.1', 1)),
      logged(5, eventOf('k.2', 2, { kind: 'failed', result: null, error: '{"code":"job-failed"}' })),
      logged(6, eventOf('', 3, { ...dead, original: poison, result: null })),
    ],
    fences: [fenceOf(0, 41, 0), fenceOf(2, 42, 1)],
  };
  return {
    jobs: new Map([...jobs, refused].map((job) => [job.name, job])),
    log,
    documents: [...foldLog(log).values()],
    executions: [
      ...[ran('begin', 'k.0', 10), ran('end', 'k.0', 20), ran('begin', 'k.1', 30)],
      // The first worker died; the second ran it again.
      ...[
        ran('begin', 'k.1', 40, 42),
        ran('end', 'k.1', 50, 42),
        ran('begin', 'k.2', 60, 42),
        ran('end', 'k.2', 70, 42),
      ],
    ],
    commits: [1, 1, 4].map((offset) => ({ group: 'g', topic, partition, offset })),
    lags: [{ topic, partition, end: 4, committed: 4 }],
    processes: [{ name: 'worker', pid: 41, at: 0, rssBytes: 2 ** 27, descriptors: 40 }],
    terminations: [{ name: 'worker', code: 0, ms: 900, deadlineMs: 10_000 }],
    poison: [],
    deleted: { unrun: [], unprojected: [] },
  };
}
