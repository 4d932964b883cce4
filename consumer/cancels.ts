// Which jobs somebody wants to end. Every worker knows all of them, from the first record of their topic on, before it runs
// anything: whichever worker a job comes to will hear of it. Kept as long as the topic keeps them: only then is a command that
// may still be in the log surely gone.
import type { Cancel } from '../schemas/cancel.ts';
import type { Command } from '../schemas/command.ts';
import { jobKey } from '../schemas/job-status.ts';

/** What a cancel is about. */
export type Cancellable = Pick<Command, 'type' | 'id' | 'generation'>;

export type Cancels = ReturnType<typeof createCancels>;

export function createCancels() {
  /** Job → the latest generation that is to end. */
  const asked = new Map<string, number>();
  const isAsked = (name: string, generation: number) => generation <= (asked.get(name) ?? -1);
  return {
    take({ type, id, generation }: Cancel) {
      const name = jobKey(type, id);
      asked.set(name, Math.max(generation, asked.get(name) ?? 0));
    },
    has: ({ type, id, generation }: Cancellable): boolean => asked.size > 0 && isAsked(jobKey(type, id), generation),
    /** `name` is `<type>/<id>`. */
    hasName: isAsked,
    names: (): string[] => [...asked.keys()],
  };
}
