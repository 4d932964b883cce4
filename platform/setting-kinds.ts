// Kinds of settings: how the text of an environment variable becomes a value, and what it must be. config.ts makes its table of them.

export type Setting<T> = {
  env: string;
  about: string;
  fallback: string | undefined;
  parse: (text: string) => T;
  /** Its value is shown to nobody. */
  secret?: true;
};

export const text = (env: string, fallback: string | undefined, about: string): Setting<string> => ({
  env,
  about,
  fallback,
  parse: (value) => value,
});

export function integer(env: string, fallback: number, min: number, max: number, about: string): Setting<number> {
  const parse = (value: string) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < min || number > max)
      throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  };
  return { env, about, fallback: String(fallback), parse };
}

/** Undefined where it is not set. */
export const optional = <T>({ parse, ...setting }: Setting<T>): Setting<T | undefined> => ({
  ...setting,
  fallback: '',
  parse: (value) => (value === '' ? undefined : parse(value)),
});

export const secret = <T>(setting: Setting<T>): Setting<T> => ({ ...setting, secret: true });

export function choice<T extends string>(env: string, fallback: T, options: readonly T[], about: string): Setting<T> {
  const parse = (value: string) => {
    const found = options.find((option) => option === value);
    if (found === undefined) throw new Error(`must be one of ${options.join(', ')}`);
    return found;
  };
  return { env, about, fallback, parse };
}

export function matching(env: string, fallback: string | undefined, pattern: RegExp, what: string, about: string) {
  const parse = (value: string) => {
    if (!pattern.test(value)) throw new Error(`must be ${what}`);
    return value;
  };
  return { env, about, fallback, parse } satisfies Setting<string>;
}
