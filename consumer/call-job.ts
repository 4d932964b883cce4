// From a command to a call: the payload is read and checked again (another producer may have written it), and the
// function gets its context. The partition runner calls it.
import { Compile, type Validator } from 'typebox/compile';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { jobKey } from '../schemas/job-status.ts';
import type { HandlerResult } from './handler-result.ts';
import type { HandlerRunner } from './handler-runner.ts';
import type { Call } from './running.ts';

const maxViolations = 20;

export function createCall(handlers: HandlerRunner): Call {
  const checks = new Map<JobDefinition, Validator>();

  function checkOf(definition: JobDefinition): Validator {
    const known = checks.get(definition);
    if (known !== undefined) return known;
    const check = Compile(definition.payload);
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
    const check = checkOf(job.definition);
    if (check.Check(payload)) return { payload };
    const errors = check
      .Errors(payload)
      .slice(0, maxViolations)
      .map(({ instancePath, message }) => ({ pointer: instancePath, detail: message }));
    return { ok: false, code: 'invalid-payload', detail: 'The payload does not fit its schema.', errors };
  }

  return async (job, command, { signal, traceparent }) => {
    const read = payloadOf(job, command.payload);
    if ('ok' in read) return read;
    const { type, id, attempt } = command;
    return handlers.run(job, read.payload, {
      ...{ type, id, attempt, traceparent },
      idempotencyKey: jobKey(type, id),
      get signal() {
        return signal();
      },
    });
  };
}
