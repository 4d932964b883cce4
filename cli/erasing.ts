// What `putlog erase` and `putlog rewrap` do: they ask MongoDB itself, for that is where the keys of subjects are.
import { type Config, ConfigError } from '../platform/config.ts';
import { createMongo } from '../platform/mongo.ts';
import { createSubjectKeys } from '../platform/subject-keys.ts';

export type OpenErasing = Awaited<ReturnType<typeof openErasing>>;

/** `close` ends the connections. @throws ConfigError without PUTLOG_PERSONAL_KEY, MasterKeyError where it is another one */
export async function openErasing(config: Config) {
  const { personalKeys: masters } = config;
  if (masters === undefined)
    throw new ConfigError([
      'PUTLOG_PERSONAL_KEY is not set: give the one that the services have, by which keys are found',
    ]);
  const mongo = createMongo(config.mongoUri);
  const { prepare, erase, rewrap } = createSubjectKeys({ db: mongo.db, masters });
  await prepare();
  return {
    erase,
    /** Resolves to how many were wrapped with another key before, and with which they are now. */
    rewrap: async () => ({ rewrapped: await rewrap(), by: masters[0].id }),
    close: () => mongo.close(),
  };
}
