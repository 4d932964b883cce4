// For tests: an app whose callers have keys, in settings that are a map.
import type { Known, SettingChange } from '../platform/settings.ts';
import type { Scope } from '../schemas/access.ts';
import { type AccessKey, makeKey } from '../schemas/access-key.ts';
import { settingNames } from '../schemas/setting.ts';
import { createTestApp } from './app.fixture.ts';
import type { AppDependencies } from './app.ts';
import { type CheckToken, createIdentify } from './identify.ts';
import { createKeyring } from './keyring.ts';

function createKeySettings() {
  const all = new Map<string, Known>();
  const told: ((change: SettingChange) => void)[] = [];
  function set(name: string, value: unknown) {
    const known = value === undefined ? undefined : { value, at: 0, offset: all.size };
    if (known === undefined) all.delete(name);
    else all.set(name, known);
    for (const tell of told) tell({ name, known });
  }
  return {
    settings: {
      get: (name: string) => all.get(name),
      of: (kind: string): [string, Known][] =>
        [...all].flatMap(([name, known]): [string, Known][] =>
          name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), known]] : [],
        ),
      onChange: (tell: (change: SettingChange) => void) => void told.push(tell),
    },
    set,
    /** @returns the id of the key, and what its holder sends */
    add(scopes: readonly Scope[], fields: Partial<AccessKey> = {}) {
      const { id, text, hash } = makeKey();
      const key: AccessKey = { name: 'test', hash, scopes: [...scopes], createdAt: 0, ...fields };
      set(settingNames.key(id), key);
      return { id, text, key, headers: { authorization: `Bearer ${text}` } };
    },
  };
}

type Options = { replaced?: Partial<AppDependencies>; checkToken?: CheckToken };

export function createGuardedApp({ replaced = {}, checkToken }: Options = {}) {
  const keys = createKeySettings();
  const identify = createIdentify({
    keyring: createKeyring(keys.settings),
    pages: { anyName: false, origins: [] },
    checkToken,
  });
  return { ...keys, ...createTestApp({ ...replaced, access: { identify, ...replaced.access } }) };
}
