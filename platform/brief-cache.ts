// Remembers what was fetched for a short time, bounded in number too: whoever asks twice within it is given the same, and nobody is given
// anything that was asked for earlier. subject-keys.ts keeps keys in it.

/** `keepMs` counts from when it was asked for. Between `limit` and twice as many are remembered, a whole generation is forgotten at once. */
export type BriefCacheOptions = { keepMs: number; limit?: number; now?: () => number };

type Entry<T> = { at: number; value: Promise<T> };

/** What could not be fetched, or was undefined, is asked for anew. */
export function createBriefCache<T>({ keepMs, limit = 10_000, now = () => performance.now() }: BriefCacheOptions) {
  let young = new Map<string, Entry<T>>();
  let old = new Map<string, Entry<T>>();
  let since = now();

  function turn(at: number) {
    if (at - since < keepMs && young.size < limit) return;
    old = young;
    young = new Map();
    since = at;
  }

  return (name: string, fetch: () => Promise<T>): Promise<T> => {
    const at = now();
    const known = young.get(name) ?? old.get(name);
    if (known !== undefined && at - known.at < keepMs) return known.value;
    turn(at);
    const entry = { at, value: fetch() };
    young.set(name, entry);
    const forget = () => {
      for (const generation of [young, old]) if (generation.get(name) === entry) generation.delete(name);
    };
    entry.value.then((value) => value === undefined && forget(), forget);
    return entry.value;
  };
}
