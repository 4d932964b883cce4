// Seals the personal fields of what follows a job before it is in the log, as the API does with what a client calls. consumer/follow.ts asks
// for each command that it is about to append.
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { type PersonalData, placeOf, type SealedPayload } from '../platform/personal-data.ts';
import { digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { jobKey } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';

/** Undefined: nothing in it is personal. Waits while MongoDB is away. @throws the last error once it is given up */
export type SealFollowing = (command: Command, givenUp: () => boolean) => Promise<Command> | undefined;

export type SealFollowingOptions = {
  jobs: ReadonlyMap<string, LoadedJob>;
  data: PersonalData | undefined;
  log: Logger;
};

/** No schema that names a subject takes it, so that the job becomes a dead letter, which says so. */
const withheld = 'null';

export function createSealFollowing({ jobs, data, log }: SealFollowingOptions): SealFollowing {
  async function sealed(
    seal: () => Promise<SealedPayload>,
    command: Command,
    givenUp: () => boolean,
  ): Promise<Command> {
    const what = 'seal the personal fields of what follows a job';
    const final = (error: unknown) => error instanceof PutlogError;
    try {
      const { text, digest } = await persist(seal, { log, what, final, givenUp });
      return { ...command, payload: text, digest };
    } catch (error) {
      if (!final(error)) throw error;
      const job = jobKey(command.type, command.id);
      log.error({ err: error, job }, 'what follows a job cannot be sealed: it is asked for without its payload');
      return { ...command, payload: withheld, digest: digestOf(withheld) };
    }
  }

  return (command, givenUp) => {
    const personal = jobs.get(command.type)?.definition.personal ?? null;
    if (data === undefined || personal === null) return undefined;
    return sealed(() => data.seal(personal, placeOf(command), JSON.parse(command.payload)), command, givenUp);
  };
}
