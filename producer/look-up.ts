// Reads job status by id. All look-ups that come while one round trip is under way travel together in the next: an
// adaptive batch, like the log writer's. Called by submit and read-job.
import { setTimeout as delay } from 'node:timers/promises';
import { findJobs } from '../platform/find-jobs.ts';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { Logger } from '../platform/log.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { HeardJobs } from './heard-jobs.ts';

/** `patient` waits for the answer, or until there is none. */
type Asked = {
  id: string;
  patient: boolean;
  resolve: (job: JobDocument | undefined) => void;
  reject: (error: unknown) => void;
};

export type LookUp = ReturnType<typeof createLookUp>;

const perRoundTrip = 500;

/** How long to gather before the next round trip (milliseconds), given the size of the last one. */
const lingerAfter = (last: number): number => (last < 4 ? 0 : Math.min(8, last / 4));

export type LookUpOptions = {
  versions: ReadVersions;
  log: Logger;
  /** Clients here may have been told more than the read model has. */
  heard: Pick<HeardJobs, 'latest'>;
  /** How long a PUT waits for an answer that it can do without (milliseconds). */
  patienceMs?: number;
  /** How long MongoDB may take for one round trip (milliseconds): the driver has no limit of its own. */
  roundTripMs?: number;
};

export function createLookUp({ versions, log, heard, patienceMs = 250, roundTripMs = 10_000 }: LookUpOptions) {
  let asked: Asked[] = [];
  let working = false;
  let away = false;

  async function work() {
    for (let last = 0; asked.length > 0; ) {
      const linger = asked.length < last ? lingerAfter(last) : 0;
      if (linger > 0) await delay(linger);
      const batch = asked.slice(0, perRoundTrip);
      asked = asked.slice(batch.length);
      last = batch.length;
      const impatient = setInterval(() => {
        away = true;
        for (const { id, patient, resolve } of [...batch, ...asked]) if (!patient) resolve(heard.latest(id, undefined));
      }, patienceMs);
      try {
        const signal = AbortSignal.timeout(roundTripMs);
        const ids = batch.map(({ id }) => id);
        const jobs = await findJobs(await versions(signal), ids, signal);
        for (const { id, resolve } of batch) resolve(heard.latest(id, jobs.get(id)));
        if (away) log.info('the read model answers again');
        away = false;
      } catch (error) {
        if (!away) log.warn({ err: error }, 'the read model does not answer; jobs are accepted without it');
        away = true;
        const detail = 'Job status cannot be read right now. Try again in a few seconds.';
        for (const { reject } of batch)
          reject(new PutlogError('read-model-unavailable', detail, { cause: error, retryAfter: 2 }));
      } finally {
        clearInterval(impatient);
      }
    }
    working = false;
  }

  const ask = (id: string, patient: boolean): Promise<JobDocument | undefined> =>
    new Promise((resolve, reject) => {
      asked.push({ id, patient, resolve, reject });
      if (working) return;
      working = true;
      setImmediate(work);
    });

  return {
    /** @throws PutlogError read-model-unavailable */
    find: (id: string) => ask(id, true),
    /** As `find`, but accepting does not depend on it: undefined as well where MongoDB is away or slow. */
    findIfThere(id: string): Promise<JobDocument | undefined> {
      // While it is away one look-up at a time goes on asking; the others do not wait for it.
      if (away && working) return Promise.resolve(heard.latest(id, undefined));
      return ask(id, false).catch((error) => {
        log.debug({ err: error }, 'accepting without the read model');
        return heard.latest(id, undefined);
      });
    },
  };
}
