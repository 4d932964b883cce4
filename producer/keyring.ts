// The API keys as they stand in the settings: known in memory, so that nothing is asked to know a caller, and a key that is revoked
// anywhere is refused here within milliseconds. identify.ts asks it.
import type { Known, Settings } from '../platform/settings.ts';
import { type AccessKey, fits, isAccessKey, keyIdOf } from '../schemas/access-key.ts';
import { settingKinds, settingNames } from '../schemas/setting.ts';

export type Keyring = ReturnType<typeof createKeyring>;

/** Text is a reason to refuse it. */
export type FoundKey = { id: string; key: AccessKey } | string;

export function createKeyring(settings: Pick<Settings, 'get' | 'of' | 'onChange'>) {
  const checked = new WeakMap<Known, AccessKey>();
  const prefix = settingNames.key('');
  let some = settings.of(settingKinds.key).length > 0;
  settings.onChange(({ name }) => {
    if (name.startsWith(prefix)) some = settings.of(settingKinds.key).length > 0;
  });

  function keyOf(id: string): AccessKey | undefined {
    const known = settings.get(settingNames.key(id));
    if (known === undefined) return undefined;
    const before = checked.get(known);
    if (before !== undefined) return before;
    if (!isAccessKey(known.value)) return undefined;
    checked.set(known, known.value);
    return known.value;
  }

  return {
    /** Whether there ever was a key: one that was revoked stays on record, and a system that was closed never opens by itself. */
    any: (): boolean => some,
    /** @param now milliseconds since the epoch */
    find(text: string, now: number): FoundKey {
      const id = keyIdOf(text);
      if (id === undefined) return 'this is no key: one is putlog_, 12 hexadecimal digits, _ and 43 characters';
      const key = keyOf(id);
      if (key === undefined || !fits(text, key)) return 'the key is not known here, or was revoked';
      if (key.expiresAt !== undefined && key.expiresAt <= now)
        return `the key expired at ${new Date(key.expiresAt).toISOString()}`;
      return { id, key };
    },
  };
}
