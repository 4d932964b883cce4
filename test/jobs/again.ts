// test.again and test.in-order: fail as often as they are told, and leave a line in a file each time they run.
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { defineJob, type JobContext, NonRetryableError, RetryAfter, Type } from '../../schemas/for-jobs.ts';

const payload = Type.Object(
  {
    file: Type.String(),
    failures: Type.Integer({ minimum: 0 }),
    final: Type.Optional(Type.Boolean()),
    /** Fails as long as there is no such file. */
    until: Type.Optional(Type.String()),
    afterMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
const result = Type.Object({ attempt: Type.Integer() }, { additionalProperties: false });
type Payload = { file: string; failures: number; final?: boolean; until?: string; afterMs?: number };

async function handler({ file, failures, final, until, afterMs }: Payload, { id, attempt }: JobContext) {
  await appendFile(file, `${id} ${attempt}\n`);
  if (until !== undefined && !existsSync(until)) throw new Error(`there is no ${until} yet`);
  if (final) throw new NonRetryableError('never again');
  if (attempt <= failures && afterMs !== undefined) throw new RetryAfter(afterMs);
  if (attempt <= failures) throw new Error(`attempt ${attempt} fails`);
  return { attempt };
}

const retry = { attempts: 4, backoffMs: 400 };
const again = defineJob({ type: 'test.again', payload, result, retry, handler });
const inOrder = defineJob({ type: 'test.in-order', payload, result, retry, ordered: true, handler });

export default [again, inOrder];
