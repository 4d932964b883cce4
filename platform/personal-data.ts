// Seals the personal fields of a payload before it gets anywhere, and opens them for whoever may read it. What is sealed says which key it
// is under; where that is gone it reads `[erased]`. The services and `putlog replay` have one.
import type { Db } from 'mongodb';
import { callOptionsOf } from '../schemas/call-options.ts';
import { canonicalJson } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command-fields.ts';
import { changeFields, type PersonalFields, subjectOf } from '../schemas/personal-fields.ts';
import type { Violation } from '../schemas/problem.ts';
import { type Config, ConfigError } from './config.ts';
import { type DataKey, keyedDigest, openField, type SealedField, sealedFieldIn, sealField } from './data-key.ts';
import type { LoadedJob } from './load-jobs.ts';
import { BrokenSealError } from './sealed-box.ts';
import { createSubjectKeys, type SubjectKeys } from './subject-keys.ts';

/** What a payload belongs to: sealed for one, it cannot be opened in another. */
export type Place = { type: string; id: string } | { type: string; schedule: string };

/** `digest` is the same for equal payloads of one subject, until it is erased. `text` is canonical JSON of `payload`. */
export type SealedPayload = { payload: unknown; text: string; digest: string };

/** `erased`: the key of some field is gone, and it reads `[erased]`. `broken`: which cannot be opened, and are left as they are. */
export type OpenedPayload = { payload: unknown; erased: boolean; broken: Violation[] };

export const erasedText = '[erased]';

/** That of a schedule is copied into its jobs as it is. */
export function placeOf({ type, id, options }: Pick<Command, 'type' | 'id' | 'options'>): Place {
  const { schedule } = callOptionsOf(options);
  return schedule === undefined ? { type, id } : { type, schedule };
}

const placeText = (place: Place, pointer: string): string =>
  JSON.stringify(
    'id' in place ? ['job', place.type, place.id, pointer] : ['schedule', place.type, place.schedule, pointer],
  );

export type PersonalData = ReturnType<typeof createPersonalData>;

/** @throws what SubjectKeys throw, each of its functions */
export function createPersonalData(keys: Pick<SubjectKeys, 'of' | 'byId'>) {
  async function keysOf(payload: unknown, personal: PersonalFields): Promise<Map<string, DataKey | undefined>> {
    const ids = new Set<string>();
    changeFields(payload, personal, (value) => {
      const sealed = sealedFieldIn(value);
      if (sealed !== undefined) ids.add(sealed.key);
      return value;
    });
    return new Map(await Promise.all([...ids].map(async (id) => [id, await keys.byId(id)] as const)));
  }

  return {
    /** @throws PutlogError invalid-payload: it does not name its subject */
    async seal(personal: PersonalFields, place: Place, payload: unknown): Promise<SealedPayload> {
      const key = await keys.of(subjectOf(payload, personal));
      const digest = keyedDigest(key, canonicalJson(payload));
      const sealed = changeFields(payload, personal, (value, at) => sealField(key, placeText(place, at), value));
      return { payload: sealed, text: canonicalJson(sealed), digest };
    },

    /** The digest that it has once it is sealed. @throws PutlogError invalid-payload: it does not name its subject */
    async digest(personal: PersonalFields, payload: unknown): Promise<string> {
      return keyedDigest(await keys.of(subjectOf(payload, personal)), canonicalJson(payload));
    },

    /** What was never sealed, because its type did not mark it yet, is left as it is. */
    async open(personal: PersonalFields, place: Place, payload: unknown): Promise<OpenedPayload> {
      const known = await keysOf(payload, personal);
      const broken: Violation[] = [];
      let erased = false;

      function opened(key: DataKey | undefined, sealed: SealedField, pointer: string): unknown {
        if (key !== undefined) return openField(key, placeText(place, pointer), sealed);
        erased = true;
        return erasedText;
      }

      const plain = changeFields(payload, personal, (value, pointer) => {
        const sealed = sealedFieldIn(value);
        if (sealed === undefined) return value;
        try {
          return opened(known.get(sealed.key), sealed, pointer);
        } catch (error) {
          if (!(error instanceof BrokenSealError)) throw error;
          broken.push({ pointer, detail: `cannot be opened: ${error.message}` });
          return value;
        }
      });
      return { payload: plain, erased, broken };
    },
  };
}

type Needs = { jobs: ReadonlyMap<string, LoadedJob>; config: Pick<Config, 'personalKeys'>; db: Db };

/**
 * Undefined: no type has personal fields. `prepare` is that of SubjectKeys.
 * @throws ConfigError where a type has some, and there is no key to wrap theirs with
 */
export function openPersonalData({ jobs, config, db }: Needs) {
  const types = [...jobs.values()].filter(({ definition }) => definition.personal !== null);
  const [first] = types;
  if (first === undefined) return undefined;
  const { personalKeys: masters } = config;
  if (masters === undefined) {
    const more = types.length > 1 ? ` (and ${types.length - 1} more)` : '';
    throw new ConfigError([
      `PUTLOG_PERSONAL_KEY is not set: ${first.definition.type}${more} has personal fields, whose keys it wraps; ` +
        'PUTLOG_PERSONAL_KEY=1:$(openssl rand -base64 32) makes one, to be kept as safe as the data',
    ]);
  }
  const keys = createSubjectKeys({ db, masters });
  return { prepare: keys.prepare, data: createPersonalData(keys) };
}
