// Opens the personal fields of a past call, as a worker does before it runs one. Of what was erased there is nothing to call a function
// with, and no difference in that. replay.ts asks.
import { createOpenPersonal } from '../consumer/open-personal.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import { MasterKeyError } from '../platform/master-keys.ts';
import type { PersonalData } from '../platform/personal-data.ts';
import type { PastCall } from './pair-ends.ts';

export type OpenCallOptions = {
  job: LoadedJob;
  /** Undefined: the type has no personal fields. */
  personal: PersonalData | undefined;
  log: Logger;
  signal: AbortSignal;
};

/** The call as its function is to have it; `broken`: what is sealed cannot be opened. */
export type OpenCall = (call: PastCall) => Promise<PastCall | 'erased' | 'broken'>;

/** The function that it returns waits while MongoDB is away. @throws MasterKeyError, or the last error once it is aborted */
export function createOpenCall({ job, personal, log, signal }: OpenCallOptions): OpenCall {
  const fields = job.definition.personal;
  const open = createOpenPersonal({ log, data: personal, final: (error) => error instanceof MasterKeyError });
  return async (call) => {
    if (fields === null) return call;
    const { command, fate } = await open(fields, call.command, () => signal.aborted);
    if (fate === undefined) return { ...call, command };
    return fate.kind === 'failed' ? 'erased' : 'broken';
  };
}
