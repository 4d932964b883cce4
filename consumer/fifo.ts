// A queue from which few are taken of many: shift and splice move all the others each time, this moves them now and then.

export function createFifo<T>() {
  let items: T[] = [];
  let head = 0;

  /** At most `count`, oldest first. */
  function take(count: number): T[] {
    const taken = items.slice(head, head + Math.max(0, count));
    head += taken.length;
    if (head > 1_024 || head === items.length) {
      items = items.slice(head);
      head = 0;
    }
    return taken;
  }

  return {
    get length() {
      return items.length - head;
    },
    push: (item: T) => void items.push(item),
    take,
    /** The oldest; it stays. */
    peek: (): T | undefined => items[head],
    /** Takes these out, wherever they stand. */
    takeIf(is: (item: T) => boolean): T[] {
      const found = new Set(items.slice(head).filter(is));
      if (found.size === 0) return [];
      items = items.slice(head).filter((item) => !found.has(item));
      head = 0;
      return [...found];
    },
    clear() {
      items = [];
      head = 0;
    },
  };
}
