// What may start, in turns of those who asked for it: one of each tenant, then one of each again, so that whoever has much waiting
// holds nobody else up. Within a tenant the oldest goes first. No I/O.
import { createFifo } from './fifo.ts';

export type Tenanted = { readonly tenant: string };

/** So many of one tenant count as waiting: with more in hand it has what it needs, and others may be behind it in the log. */
const counted = 250;

export type FairQueue<T extends Tenanted> = ReturnType<typeof createFairQueue<T>>;

export function createFairQueue<T extends Tenanted>() {
  const queues = new Map<string, ReturnType<typeof createFifo<T>>>();
  /** The tenants that have something here, in the order of their turns. */
  let turns: string[] = [];
  let length = 0;

  /** One of each tenant, until there are `count`. */
  function takeInTurns(count: number): T[] {
    const taken: T[] = [];
    while (taken.length < count && turns.length > 0) {
      const round = turns.slice(0, count - taken.length);
      turns = turns.slice(round.length);
      for (const tenant of round) {
        const queue = queues.get(tenant);
        taken.push(...(queue?.take(1) ?? []));
        if (queue !== undefined && queue.length > 0) turns.push(tenant);
        else queues.delete(tenant);
      }
    }
    return taken;
  }

  return {
    get length() {
      return length;
    },
    /** As `length`, but of each tenant that has a name no more than it needs: while this is small, more may be taken in. */
    get demand() {
      if (queues.size <= 1 && queues.keys().next().value === '') return length;
      let sum = 0;
      for (const [tenant, queue] of queues) sum += tenant === '' ? queue.length : Math.min(counted, queue.length);
      return sum;
    },
    push(item: T) {
      let queue = queues.get(item.tenant);
      if (queue === undefined) {
        queue = createFifo<T>();
        queues.set(item.tenant, queue);
        turns.push(item.tenant);
      }
      queue.push(item);
      length++;
    },
    /** Whose turn is next; it stays. */
    peek: (): T | undefined => queues.get(turns[0] ?? '')?.peek(),
    /** Takes these out, whoever's turn it is. */
    takeIf(is: (item: T) => boolean): T[] {
      const found: T[] = [];
      for (const [tenant, queue] of queues) {
        found.push(...queue.takeIf(is));
        if (queue.length === 0) queues.delete(tenant);
      }
      if (found.length > 0) turns = turns.filter((tenant) => queues.has(tenant));
      length -= found.length;
      return found;
    },
    /** At most `count`. */
    take(count: number): T[] {
      if (count <= 0 || length === 0) return [];
      const [only] = turns;
      // Nearly always there is one tenant: nobody to take turns with.
      const taken = turns.length === 1 && only !== undefined ? takeOf(only, count) : takeInTurns(count);
      length -= taken.length;
      return taken;
    },
  };

  function takeOf(tenant: string, count: number): T[] {
    const queue = queues.get(tenant);
    const taken = queue?.take(count) ?? [];
    if (queue === undefined || queue.length === 0) {
      queues.delete(tenant);
      turns = [];
    }
    return taken;
  }
}
