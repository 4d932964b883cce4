// From a command to a call: the payload is read and checked again (another producer may have written it), and the
// function gets its context. The partition runner calls it.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { jobKey } from '../schemas/job-status.ts';
import type { Violation } from '../schemas/problem.ts';
import { createValueCheck } from '../schemas/value-check.ts';
import type { HandlerResult } from './handler-result.ts';
import type { HandlerRunner } from './handler-runner.ts';
import type { Call } from './running.ts';

export function createCall(handlers: Pick<HandlerRunner, 'run'>): Call {
  const checks = new Map<JobDefinition, (value: unknown) => Violation[]>();

  function checkOf(definition: JobDefinition) {
    const check = checks.get(definition) ?? createValueCheck(definition.payload);
    checks.set(definition, check);
    return check;
  }

  function payloadOf(job: LoadedJob, text: string): { payload: unknown } | HandlerResult {
    let payload: unknown;
    try {
      payload = JSON.parse(text);
    } catch (error) {
      return { ok: false, code: 'malformed-json', detail: `The payload is not JSON: ${(error as Error).message}` };
    }
    const errors = checkOf(job.definition)(payload);
    if (errors.length === 0) return { payload };
    return { ok: false, code: 'invalid-payload', detail: 'The payload does not fit its schema.', errors };
  }

  return (job, command, { signal, progress, traceparent }) => {
    const read = payloadOf(job, command.payload);
    if ('ok' in read) return Promise.resolve(read);
    const { type, id, generation, attempt } = command;
    const idempotencyKey = jobKey(type, id);
    const about = { type, id, generation, attempt, traceparent, idempotencyKey };
    return handlers.run(job, read.payload, { ...about, signal, progress });
  };
}
