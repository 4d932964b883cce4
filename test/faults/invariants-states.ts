// Invariant 9, of the whole life of a job: its events come in an order that schemas/transitions.ts allows.
import { stateAfter, transitions } from '../../schemas/transitions.ts';
import { at, type Breach, type History, nameOf } from './invariants-history.ts';

/** Commands may be gone by the end of a run: then a job may have begun as `scheduled`, which allows no less. */
export function livesFollowTheDiagram({ log }: Pick<History, 'log'>): Breach[] {
  const lives = Map.groupBy(
    log.events.filter(({ event }) => event.type !== '' && event.kind !== 'rejected'),
    ({ event }) => `${nameOf(event)} #${event.generation}`,
  );
  return [...lives].flatMap(([name, events]) => {
    let state: keyof typeof transitions = 'scheduled';
    for (const logged of events.toSorted((a, b) => a.offset - b.offset)) {
      const { kind } = logged.event;
      if (kind === 'rejected' || !transitions[state].includes(kind))
        return [{ invariant: 9, text: `${name} is ${state}, and then comes ${kind} (${at(logged)})` }];
      state = stateAfter[kind];
    }
    return [];
  });
}
