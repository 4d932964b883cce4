// Which call comes next: 200 ordering keys with a running number each, one hot key with a fifth of the load, some calls
// that fail and some that must be refused. Pure but for the random numbers it is given: a seed replays it.
import type { EventKind } from '../../schemas/event.ts';
import type { Call } from './journal.ts';

/** Shares of all calls, from 0 to 1. */
export type Shares = { hot: number; throws: number; broken: number; refused: number };

const usualShares: Shares = { hot: 0.2, throws: 0.02, broken: 0.005, refused: 0.005 };

/** `holds`: the key that nobody else may use until `release`; a call that must be refused holds none. */
export type PlannedCall = Call & { holds: string | undefined };

export const hotKey = 'hot';

export function createLoadPlan(random: () => number, shares: Shares = usualShares, keys = 200) {
  const numbers = new Map<string, number>();
  const free = Array.from({ length: keys }, (_, i) => `key-${i}`);
  let hotIsFree = true;
  let refused = 0;

  function takeKey(): string | undefined {
    if (hotIsFree && random() < shares.hot) {
      hotIsFree = false;
      return hotKey;
    }
    const at = Math.floor(random() * free.length);
    const key = free[at];
    const last = free.pop();
    if (last !== undefined && at < free.length) free[at] = last;
    return key;
  }

  function typeOf(share: number): { type: string; expects: EventKind[] } {
    if (share < shares.broken) return { type: 'fault.broken', expects: ['failed'] };
    if (share < shares.broken + shares.throws) return { type: 'fault.throws', expects: ['failed'] };
    return { type: 'fault.ordered', expects: ['succeeded'] };
  }

  return {
    /** Undefined: every key waits for an answer. The number of a key is used up even where its call is refused. */
    next(): PlannedCall | undefined {
      const share = random();
      if (share > 1 - shares.refused) {
        const key = `refused-${refused++}`;
        const payload = { key, n: 'not a number' };
        return { type: 'fault.ordered', id: key, key, number: null, payload, expects: [], holds: undefined };
      }
      const key = takeKey();
      if (key === undefined) return undefined;
      const number = numbers.get(key) ?? 0;
      numbers.set(key, number + 1);
      return { ...typeOf(share), id: `${key}.${number}`, key, number, payload: { key, n: number }, holds: key };
    },
    /** The call that holds the key has its answer: the next number may go out. */
    release({ holds }: PlannedCall): void {
      if (holds === hotKey) hotIsFree = true;
      else if (holds !== undefined) free.push(holds);
    },
  };
}
