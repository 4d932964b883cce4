// Personal fields as the API has to do with them: sealed before a call gets anywhere, opened where a payload is shown. Where their keys
// cannot be had the call is refused: it is not accepted in plain text. submit, groups and schedules ask.
import { setTimeout as delay } from 'node:timers/promises';
import type { OpenedPayload, PersonalData, Place, SealedPayload } from '../platform/personal-data.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { JobDefinition } from '../schemas/define-job.ts';
import { PutlogError } from '../schemas/problem.ts';

export type PersonalCalls = ReturnType<typeof createPersonalCalls>;

/** Undefined data: no type here has personal fields. */
export type PersonalCallsOptions = { data: PersonalData | undefined; patienceMs?: number };

const unavailable = (cause: unknown) =>
  new PutlogError(
    'keys-unavailable',
    'The keys of personal fields cannot be read or made right now. Try again in a few seconds.',
    { cause, retryAfter: 2 },
  );

export function createPersonalCalls({ data, patienceMs = 5_000 }: PersonalCallsOptions) {
  function known(): PersonalData {
    if (data === undefined) throw new Error('a type has personal fields, and nothing was opened to seal them');
    return data;
  }

  async function asked<T>(answer: Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = delay(patienceMs, undefined, { signal: over.signal }).then(
      () => Promise.reject(new Error(`MongoDB did not answer within ${patienceMs} ms`)),
      // Aborted: there is an answer.
      () => answer,
    );
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      throw error instanceof PutlogError ? error : unavailable(error);
    } finally {
      over.abort();
    }
  }

  /** @throws PutlogError invalid-payload, keys-unavailable */
  const seal = ({ personal }: JobDefinition, place: Place, payload: unknown): Promise<SealedPayload> | undefined =>
    personal === null ? undefined : asked(known().seal(personal, place, payload));

  return {
    /** Undefined: it has no personal fields. */
    seal,
    /** The digest that a command of it has. @throws as `seal` does */
    async digest({ personal }: JobDefinition, payload: unknown): Promise<string> {
      return personal === null ? digestOf(canonicalJson(payload)) : asked(known().digest(personal, payload));
    },
    /** As it may be shown. @throws PutlogError keys-unavailable */
    async open(
      job: Pick<JobDefinition, 'personal'> | undefined,
      place: Place,
      payload: unknown,
    ): Promise<OpenedPayload['payload']> {
      const personal = job?.personal ?? null;
      return personal === null ? payload : (await asked(known().open(personal, place, payload))).payload;
    },
  };
}
