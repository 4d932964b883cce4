// What has been folded and is not kept yet: the changes of a document gathered into one, however many records told of it. No I/O; the
// flusher of a projection drains it.
import type { DocumentUpdate } from '../platform/projection-store.ts';
import type { Change, DocumentValue } from '../schemas/define-projection.ts';

type Fields<Value> = Record<string, Value>;

/** Of one document. */
type Gathered = {
  add: Fields<number>;
  max: Fields<number>;
  min: Fields<number>;
  set: Fields<DocumentValue>;
  expiresAt: Date | undefined;
};

const path = /^(?!(?:_id|expiresAt)(?:\.|$))[^$.\0][^.\0]*(?:\.[^$.\0][^.\0]*)*$/;
const longestName = 400;

/** Characters of what is set that count as another document: memory is what is bounded. */
const charactersPerDocument = 4_096;

function assertName(id: unknown): void {
  if (typeof id !== 'string' || id === '' || id.length > longestName)
    throw new TypeError(`the id of a change must be 1 to ${longestName} characters, not ${JSON.stringify(id)}`);
}

const sizeOf = (value: DocumentValue): number =>
  typeof value === 'string' ? value.length : JSON.stringify(value).length;

export function createChanges() {
  let documents = new Map<string, Gathered>();
  let characters = 0;
  /** Names that were looked at: a projection has few. */
  const sound = new Set<string>();

  function assertPath(name: string): void {
    if (sound.has(name)) return;
    if (!path.test(name) || name.length > longestName)
      throw new TypeError(
        `"${name}" cannot be the path of a field: names without "$" in front, separated by dots; not _id and not expiresAt`,
      );
    if (sound.size > 10_000) sound.clear();
    sound.add(name);
  }

  function fold(
    into: Fields<number>,
    from: Readonly<Fields<number>> | undefined,
    both: (a: number, b: number) => number,
  ): void {
    if (from === undefined) return;
    for (const name of Object.keys(from)) {
      const value = from[name];
      assertPath(name);
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new TypeError(`"${name}" must be changed by a number, not by ${String(value)}`);
      const before = into[name];
      into[name] = before === undefined ? value : both(before, value);
    }
  }

  function gathered(id: string): Gathered {
    const there = documents.get(id);
    if (there !== undefined) return there;
    assertName(id);
    const fresh: Gathered = { add: {}, max: {}, min: {}, set: {}, expiresAt: undefined };
    documents.set(id, fresh);
    return fresh;
  }

  function add({ id, add: sums, max, min, set, expiresAt }: Change): void {
    const into = gathered(id);
    fold(into.add, sums, (a, b) => a + b);
    fold(into.max, max, Math.max);
    fold(into.min, min, Math.min);
    for (const [name, value] of Object.entries(set ?? {})) {
      assertPath(name);
      if (value === undefined) throw new TypeError(`"${name}" cannot be set to undefined`);
      if (into.set[name] !== value) characters += sizeOf(value);
      into.set[name] = value;
    }
    if (expiresAt === undefined) return;
    if (!(expiresAt instanceof Date) || Number.isNaN(expiresAt.getTime()))
      throw new TypeError(`expiresAt must be a date, not ${String(expiresAt)}`);
    into.expiresAt = expiresAt;
  }

  return {
    /** What waits, in documents or as much memory. */
    get size() {
      return documents.size + Math.floor(characters / charactersPerDocument);
    },
    /** @throws TypeError where it is no change */
    add,
    /** Hands over and begins anew. `rollUp` is asked what else each document changes. @throws what it throws */
    drain(rollUp: ((change: Change) => Iterable<Change>) | null): DocumentUpdate[] {
      if (rollUp !== null)
        for (const [id, { expiresAt, ...fields }] of [...documents])
          for (const more of rollUp({ id, ...fields, ...(expiresAt && { expiresAt }) })) add(more);
      const updates = [...documents].map(([id, one]) => updateOf(id, one));
      documents = new Map();
      characters = 0;
      return updates;
    },
    clear() {
      documents = new Map();
      characters = 0;
    },
  };
}

const operators = { add: '$inc', max: '$max', min: '$min' } as const;

/** A document of which nothing is said is made all the same: its id is what is said. */
function updateOf(id: string, { set, expiresAt, ...numbers }: Gathered): DocumentUpdate {
  const sets = { ...set, ...(expiresAt && { expiresAt }) };
  const update: Record<string, Fields<unknown>> = {};
  for (const [name, operator] of Object.entries(operators)) {
    const fields = numbers[name as keyof typeof operators];
    if (Object.keys(fields).length > 0) update[operator] = fields;
  }
  if (Object.keys(sets).length > 0) update.$set = sets;
  return { id, update: Object.keys(update).length > 0 ? update : { $setOnInsert: {} } };
}
