// Breadth-first search through every state that steps lead to. It knows nothing of what it searches: states are plain
// values, and two are the same when their keys are. The first breach that it finds has a shortest trace. No I/O.

export type Step<State> = { name: string; state: State };

export type Model<State> = {
  start: State;
  /** Every step that can be taken here. A step must not change the state that it starts from. */
  steps: (state: State) => Step<State>[];
  /** Equal for states from which the same follows, and only for those. */
  key: (state: State) => string;
  /** What is wrong with this state; undefined: nothing. */
  breach: (state: State) => string | undefined;
  /** The same, of a state from which no step leads on. */
  end: (state: State) => string | undefined;
};

/** `steps`: the names of all that were taken somewhere. `trace`: those that lead to the breach. */
export type Found = { states: number; steps: Set<string>; breach?: string; trace: string[] };

/** @throws when there are more than `limit` states: a search that is cut short proves nothing. */
export function search<State>({ start, steps, key, breach, end }: Model<State>, limit: number): Found {
  const seen = new Set([key(start)]);
  const came = [{ from: -1, name: 'start' }];
  const taken = new Set<string>();
  let frontier = [{ at: 0, state: start }];

  const traceTo = (at: number): string[] => {
    const { from, name } = came[at] ?? { from: -1, name: '' };
    return from === -1 ? [] : [...traceTo(from), name];
  };

  while (frontier.length > 0) {
    const following: typeof frontier = [];
    for (const { at, state } of frontier) {
      const nexts = steps(state);
      const stuck = nexts.length === 0 ? end(state) : undefined;
      if (stuck !== undefined) return { states: seen.size, steps: taken, breach: stuck, trace: traceTo(at) };
      for (const next of nexts) {
        taken.add(next.name);
        const reachedKey = key(next.state);
        if (seen.has(reachedKey)) continue;
        if (seen.size === limit) throw new Error(`more than ${limit} states`);
        seen.add(reachedKey);
        came.push({ from: at, name: next.name });
        const wrong = breach(next.state);
        const reached = came.length - 1;
        if (wrong !== undefined) return { states: seen.size, steps: taken, breach: wrong, trace: traceTo(reached) };
        following.push({ at: reached, state: next.state });
      }
    }
    frontier = following;
  }
  return { states: seen.size, steps: taken, trace: [] };
}
