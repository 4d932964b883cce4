// Follows and changes the settings: all that stands in their topic is known before a process serves, and whatever comes is told. A
// change is known here, too, when it has been made: who changes something and looks at it sees what was changed.
import { randomUUID } from 'node:crypto';
import { childTraceparent, recordHeaders } from '../schemas/record-headers.ts';
import { type Setting, settingType } from '../schemas/setting.ts';
import { type FollowRecordsOptions, followRecords } from './follow-records.ts';
import type { LogWriter } from './log-writer.ts';
import { encodeWire, UndecodableError } from './wire-format.ts';

/** `value` is what its JSON says, `offset` that of its record: it grows with each change of any setting. */
export type Known = { value: unknown; at: number; offset: number };

/** `known` undefined: the setting is over. */
export type SettingChange = { name: string; known: Known | undefined };

export type Settings = Awaited<ReturnType<typeof followSettings>>;

export type FollowSettingsOptions = Pick<FollowRecordsOptions<Setting>, 'connection' | 'topic' | 'log' | 'fatal'> & {
  readSetting: (value: Buffer | null) => Setting | Promise<Setting>;
};

/** Resolves once all is known that was decided so far. */
export async function followSettings({ readSetting, ...rest }: FollowSettingsOptions) {
  const all = new Map<string, Known>();
  const listeners = new Set<(change: SettingChange) => void>();
  let waiting: { offset: number; resolve: () => void }[] = [];
  let end = 0;

  function take({ name, value, at }: Setting, offset: number) {
    const known = value === null ? undefined : { value: parsed(value), at, offset };
    if (known === undefined) all.delete(name);
    else all.set(name, known);
    for (const told of listeners) told({ name, known });
  }

  const { close } = await followRecords({
    ...{ ...rest, what: 'setting', read: readSetting, take },
    passed(offset) {
      end = offset + 1;
      for (const { resolve } of waiting.filter((one) => one.offset < end)) resolve();
      waiting = waiting.filter((one) => one.offset >= end);
    },
  });

  return {
    get: (name: string): Known | undefined => all.get(name),
    /** Those of a kind, by what they are about. */
    of: (kind: string): [string, Known][] =>
      [...all].flatMap(([name, known]) =>
        name.startsWith(`${kind}/`) ? [[name.slice(kind.length + 1), known] satisfies [string, Known]] : [],
      ),
    /** Told of each change that comes later. */
    onChange: (told: (change: SettingChange) => void): void => void listeners.add(told),
    /** Resolves once the record at `offset` is known here. */
    reached: (offset: number): Promise<void> =>
      offset < end ? Promise.resolve() : new Promise((resolve) => waiting.push({ offset, resolve })),
    close,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UndecodableError('its value is not JSON', { cause });
  }
}

/** `value` undefined ends the setting. @throws PutlogError log-unavailable, outcome-unknown, overloaded, record-too-large */
export type ChangeSetting = (name: string, value: unknown) => Promise<void>;

export type ChangeSettingTools = {
  writer: Pick<LogWriter, 'append'>;
  settings: Pick<Settings, 'reached'>;
  topic: string;
  settingSchemaId: number;
  /** CloudEvents `source`. */
  source: string;
};

/** Resolves once it is in the log, and known here. */
export const createChangeSetting =
  ({ writer, settings, topic, settingSchemaId, source }: ChangeSettingTools): ChangeSetting =>
  async (name, value) => {
    const setting: Setting = { name, value: value === undefined ? null : JSON.stringify(value), at: Date.now() };
    const about = { id: randomUUID(), source, type: 'putlog.setting', subject: name, at: setting.at };
    const offset = await writer.append({
      ...{ topic, partition: 0, key: Buffer.from(name), timestamp: setting.at },
      value: encodeWire(settingType, settingSchemaId, setting),
      headers: recordHeaders(about, childTraceparent(undefined)),
    });
    await settings.reached(offset);
  };
