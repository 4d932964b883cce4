// test.inline and test.thread: do what their payload says, good or bad, so that a test can see what becomes of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { defineJob, type JobContext, Type } from '../../schemas/for-jobs.ts';

const acts = [
  'progress',
  'badProgress',
  'answer',
  'dry',
  'throw',
  'unreadable',
  'wait',
  'exit',
  'memory',
  'stray',
  'strayLater',
  'hang',
] as const;
const payload = Type.Object({ act: Type.Enum([...acts]) }, { additionalProperties: false });
const result = Type.Object(
  { thread: Type.Integer(), idempotencyKey: Type.String(), dryRun: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

async function handler(
  { act }: { act: (typeof acts)[number] },
  { idempotencyKey, dryRun, signal, progress }: JobContext,
) {
  const answer = { thread: threadId, idempotencyKey };
  switch (act) {
    case 'answer':
      return answer;
    case 'dry':
      return { ...answer, dryRun };
    case 'progress':
      progress({ current: 1, total: 2, message: 'half' });
      progress({ current: 2 });
      return answer;
    case 'badProgress':
      progress([] as object);
      return answer;
    case 'throw':
      throw new Error('thrown on purpose');
    case 'unreadable':
      return Object.defineProperty(answer, 'thread', {
        get() {
          throw new Error('not to be read');
        },
      });
    case 'wait':
      return sleep(60_000, answer, { signal });
    case 'exit':
      return process.exit(3);
    case 'memory': {
      const hoard: number[][] = [];
      for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
    }
    case 'stray':
      queueMicrotask(() => {
        throw new Error('nobody catches this');
      });
      return sleep(60_000, answer);
    case 'strayLater':
      new BroadcastChannel(idempotencyKey).onmessage = () => {
        throw new Error('too late for any job');
      };
      return answer;
    case 'hang':
      for (;;);
    default:
      return act satisfies never;
  }
}

export default [
  defineJob({ type: 'test.inline', payload, result, handler }),
  defineJob({ type: 'test.thread', payload, result, run: 'thread', handler }),
];
