// Brings the command of a job and its recorded end together, of one partition as it is read in step: a command waits for its end, or an end,
// whose writer's clock was behind, for its command. Of what waits much is kept as its place alone, and read again. Pure.
import type { Command } from '../schemas/command.ts';
import { type JobEvent, terminalKinds } from '../schemas/event.ts';

/** `command` is the submit, as the log has it. */
export type PastCall = { command: Command; traceparent: string | undefined };
export type PastEnd = Pick<JobEvent, 'kind' | 'attempt' | 'result' | 'error'>;

/** Where it stands; `value` undefined: it is to be read there again. */
export type Held<T> = { topic: string; offset: number; value: T | undefined };

/** A call and its end: what a run is made of. */
export type Pair = { call: Held<PastCall>; end: Held<PastEnd> };

/** Characters of payloads and results that are kept. */
const mostText = 16 * 2 ** 20;

/** The digest tells calls apart of which only one was taken: the others have no end. */
const keyOf = ({ id, generation, digest }: Pick<Command, 'id' | 'generation' | 'digest'>) =>
  `${id}/${generation}/${digest.slice(0, 16)}`;

const sizeOf = (value: PastCall | PastEnd): number =>
  'command' in value
    ? value.command.payload.length + (value.command.options?.length ?? 0)
    : (value.result?.length ?? 0) + (value.error?.length ?? 0);

/** @param most characters that are kept */
export function createPairing(most = mostText) {
  const waiting = new Map<string, Held<PastCall>>();
  const early = new Map<string, Held<PastEnd>>();
  const paired = new Set<string>();
  let text = 0;
  let repeated = 0;

  function held<T extends PastCall | PastEnd>(place: { topic: string; offset: number }, value: T): Held<T> {
    const size = sizeOf(value);
    if (text + size > most) return { ...place, value: undefined };
    text += size;
    return { ...place, value };
  }

  function letGo<T extends PastCall | PastEnd>(from: Map<string, Held<T>>, key: string): Held<T> | undefined {
    const found = from.get(key);
    from.delete(key);
    if (found?.value !== undefined) text -= sizeOf(found.value);
    return found;
  }

  function pair(key: string, call: Held<PastCall>, end: Held<PastEnd>): Pair {
    paired.add(key);
    return { call, end };
  }

  /** Another command would have had no effect, and has no end: the one behind `rejected` says so. */
  function reject(key: string, { topic, offset }: JobEvent['command']): void {
    const found = waiting.get(key);
    if (found?.topic !== topic || found.offset !== offset) return;
    letGo(waiting, key);
    repeated++;
  }

  return {
    /** A submit of the type. */
    takeCommand(topic: string, offset: number, call: PastCall): Pair | undefined {
      const key = keyOf(call.command);
      if (waiting.has(key) || paired.has(key)) {
        repeated++;
        return undefined;
      }
      const end = letGo(early, key);
      if (end !== undefined) return pair(key, { topic, offset, value: call }, end);
      waiting.set(key, held({ topic, offset }, call));
      return undefined;
    },

    /** An event of the type. `isAhead`: its command, at this position, has not been taken yet and may still be. */
    takeEvent(
      topic: string,
      offset: number,
      event: JobEvent,
      isAhead: (command: JobEvent['command']) => boolean,
    ): Pair | undefined {
      const key = keyOf(event);
      if (event.kind === 'rejected') reject(key, event.command);
      if (!terminalKinds.has(event.kind)) return undefined;
      const { kind, attempt, result, error } = event;
      const end: PastEnd = { kind, attempt, result, error };
      const call = letGo(waiting, key);
      if (call !== undefined) return pair(key, call, { topic, offset, value: end });
      if (!paired.has(key) && isAhead(event.command)) early.set(key, held({ topic, offset }, end));
      return undefined;
    },

    /** Calls that have no end so far. */
    get waiting(): number {
      return waiting.size;
    },
    /** Calls of a job that had been called before. */
    get repeated(): number {
      return repeated;
    },
  };
}
