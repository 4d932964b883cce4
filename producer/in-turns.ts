// Ends what many clients wait for, a few at a time: the answers of all of them at once would be in memory together, and nobody else would
// have a turn meanwhile. waiting.ts and streams.ts do so when the process stops.
import { setImmediate as breath } from 'node:timers/promises';

const inATurn = 50;

/** Also those that are added meanwhile, and not those that go. Resolves once all have been called. */
export async function inTurns<One>(all: Iterable<One>, call: (one: One) => void): Promise<void> {
  let called = 0;
  for (const one of all) {
    call(one);
    if (++called % inATurn === 0) await breath();
  }
}
