// Opens the personal fields of a past call, as a worker does before it runs one. Of what was erased there is nothing to call a function
// with, and no difference in that. replay.ts asks.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import { MasterKeyError } from '../platform/master-keys.ts';
import { persist } from '../platform/persist.ts';
import { type PersonalData, placeOf } from '../platform/personal-data.ts';
import { canonicalJson } from '../schemas/canonical-json.ts';
import type { PastCall } from './pair-ends.ts';

export type OpenCallOptions = {
  job: LoadedJob;
  /** Undefined: the type has no personal fields. */
  personal: PersonalData | undefined;
  log: Logger;
  signal: AbortSignal;
};

/** What is no JSON is none, whatever fields it should have. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** The call as its function is to have it; `broken`: what is sealed cannot be opened. */
export type OpenCall = (call: PastCall) => Promise<PastCall | 'erased' | 'broken'>;

/** The function that it returns waits while MongoDB is away. @throws MasterKeyError, or the last error once it is aborted */
export function createOpenCall({ job, personal, log, signal }: OpenCallOptions): OpenCall {
  const fields = job.definition.personal;
  return async (call) => {
    const { command } = call;
    if (fields === null || personal === undefined || !isJson(command.payload)) return call;
    const open = () => personal.open(fields, placeOf(command), JSON.parse(command.payload));
    const { payload, erased, broken } = await persist(open, {
      ...{ log, what: 'open personal fields', givenUp: () => signal.aborted },
      final: (error) => error instanceof MasterKeyError,
    });
    if (erased) return 'erased';
    return broken.length > 0 ? 'broken' : { ...call, command: { ...command, payload: canonicalJson(payload) } };
  };
}
