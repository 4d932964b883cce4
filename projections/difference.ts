// In what two versions of one document differ, and whether it counts. Pure. compare-versions.ts calls it.
import { isDeepStrictEqual } from 'node:util';
import type { Position } from '../schemas/position.ts';
import type { Limits } from './feeder.ts';

/** What documents of jobs and of dead letters have in common. */
export type Kept = {
  _id: string;
  command?: Position;
  eventOffset?: number;
  expiresAt?: Date | null;
};

/** `live` is what is read now, `built` what the log gives. */
export type Pair = { live: Kept | undefined; built: Kept | undefined };

/** Of one field, as JSON text; undefined: it is not there, or null. */
export type FieldDifference = { field: string; live: string | undefined; log: string | undefined };

/**
 * `missing`: the log tells of it, and the live version lacks it. `unfounded`: the live version has it, and the log tells nothing of it.
 * `gone`: what the live version says stood in records that the log no longer has. `retention`: all but when it is forgotten is the same,
 * and that has been changed in its type.
 */
export type Difference = {
  kind: 'differs' | 'missing' | 'unfounded' | 'gone' | 'retention';
  what: string;
  fields: FieldDifference[];
};

/** A field that is null in one and absent in the other is the same. */
function fieldsThatDiffer(live: object, built: object): FieldDifference[] {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  const [a, b] = [new Map<string, unknown>(Object.entries(live)), new Map<string, unknown>(Object.entries(built))];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((field) => {
    const [one, other] = [a.get(field) ?? undefined, b.get(field) ?? undefined];
    return isDeepStrictEqual(one, other) ? [] : [{ field, live: text(one), log: text(other) }];
  });
}

export const isSame = ({ live, built }: Pair): boolean =>
  live === undefined || built === undefined ? live === built : fieldsThatDiffer(live, built).length === 0;

/** Where the record stands that a document comes from; undefined: it does not say. */
function sourceOf({ command, eventOffset = -1 }: Kept, eventsTopic: string): Position | undefined {
  if (command === undefined || eventOffset === -1) return command;
  return { topic: eventsTopic, partition: command.partition, offset: eventOffset };
}

/** Do both come from records before `limits`? Then nothing that is still on its way can make them the same. */
export const isSettled = ({ live, built }: Pair, eventsTopic: string, limits: Limits): boolean =>
  [live, built].every((one) => {
    const source = one && sourceOf(one, eventsTopic);
    return source === undefined || source.offset < (limits.get(source.topic)?.[source.partition] ?? 0);
  });

/** `starts`: the first offsets that the log has. `now` in milliseconds since the epoch. */
export type DifferenceOptions = { what: string; eventsTopic: string; starts: Limits; now: number };

/** Undefined: it is none that counts, because its time to be forgotten has come. */
export function differenceOf(
  pair: Pair,
  { what, eventsTopic, starts, now }: DifferenceOptions,
): Difference | undefined {
  const { live, built } = pair;
  const isOver = (one: Kept | undefined) => one?.expiresAt instanceof Date && one.expiresAt.getTime() <= now;
  if (isSame(pair) || isOver(live) || isOver(built)) return undefined;
  if (live === undefined) return { kind: 'missing', what, fields: [] };
  const source = sourceOf(live, eventsTopic);
  if (source !== undefined && source.offset < (starts.get(source.topic)?.[source.partition] ?? 0))
    return { kind: 'gone', what, fields: [] };
  if (built === undefined) return { kind: 'unfounded', what, fields: [] };
  const fields = fieldsThatDiffer(live, built);
  return { kind: fields.every(({ field }) => field === 'expiresAt') ? 'retention' : 'differs', what, fields };
}
