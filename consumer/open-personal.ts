// Opens the personal fields of a command right before it runs. What cannot be opened does not run: where the key is gone it has failed, for
// good and once; where what is sealed is broken it is a dead letter. While MongoDB is away it waits. attempts.ts calls it, and
// replay/open-call.ts for past calls.
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { type PersonalData, placeOf } from '../platform/personal-data.ts';
import { canonicalJson } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import type { PersonalFields } from '../schemas/personal-fields.ts';
import type { Fate } from './outcome.ts';

/** `command`: as the function is to have it. `fate`: it must not run. */
export type OpenedCommand = { command: Command; fate: Fate | undefined };

/** @throws the last error once it is given up, or one that is not waited out */
export type OpenPersonal = (
  personal: PersonalFields,
  command: Command,
  givenUp: () => boolean,
) => Promise<OpenedCommand>;

const erased: Fate = {
  kind: 'failed',
  code: 'job-subject-erased',
  detail: 'The subject that its personal fields are about was erased before it ran. It is not run without them.',
};

/** Undefined: it is no JSON, which the call says better. */
function parsed(text: string): { payload: unknown } | undefined {
  try {
    return { payload: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `data` undefined: no type here has personal fields. `final`: errors that are not waited out, but thrown. */
export type OpenPersonalOptions = { data: PersonalData | undefined; log: Logger; final?: (error: unknown) => boolean };

export function createOpenPersonal({ data, log, final = () => false }: OpenPersonalOptions): OpenPersonal {
  return async (personal, command, givenUp) => {
    const read = parsed(command.payload);
    if (data === undefined || read === undefined) return { command, fate: undefined };
    const open = () => data.open(personal, placeOf(command), read.payload);
    const what = 'open personal fields';
    const { payload, erased: isErased, broken } = await persist(open, { log, what, final, givenUp });
    if (isErased) return { command, fate: erased };
    if (broken.length === 0) return { command: { ...command, payload: canonicalJson(payload) }, fate: undefined };
    const detail = 'Personal fields of the payload cannot be opened.';
    return { command, fate: { kind: 'dead', code: 'invalid-payload', detail, errors: broken } };
  };
}
