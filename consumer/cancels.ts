// Which jobs somebody wants to end. Every worker knows all of them, from the first record of their topic on, before it runs
// anything: whichever worker a job comes to will hear of it. Kept as long as the topic keeps them: only then is a command that
// may still be in the log surely gone. An id that is used again by then is another job, and goes on.
import type { Cancel } from '../schemas/cancel.ts';
import type { Command } from '../schemas/command.ts';
import { jobKey } from '../schemas/job-status.ts';

/** What a cancel is about. */
export type Cancellable = Pick<Command, 'type' | 'id' | 'generation' | 'submittedAt'>;

/** Runs of `name` (`<type>/<id>`) up to this generation that were submitted until then (milliseconds since the epoch) are to end. */
export type Cancelled = { name: string; generation: number; until: number };

export type Cancels = ReturnType<typeof createCancels>;

/**
 * @param slackMs a cancel counts for what was submitted so much later at most, by the clocks of two api processes: as far as they may
 *   differ, and less than an id is remembered for
 */
export function createCancels(slackMs: number) {
  /** By name; nearly always one. */
  const asked = new Map<string, Cancelled[]>();

  const cancelledBy = ({ type, id, generation, at }: Cancel): Cancelled => ({
    ...{ name: jobKey(type, id), generation, until: at + slackMs },
  });

  const isAsked = (name: string, generation: number, submittedAt: number): boolean =>
    asked.get(name)?.some((one) => generation <= one.generation && submittedAt <= one.until) ?? false;

  return {
    take(cancel: Cancel): Cancelled {
      const taken = cancelledBy(cancel);
      const others = (asked.get(taken.name) ?? []).filter(
        ({ generation, until }) => generation > taken.generation || until > taken.until,
      );
      asked.set(taken.name, [...others, taken]);
      return taken;
    },
    has: ({ type, id, generation, submittedAt }: Cancellable): boolean =>
      asked.size > 0 && isAsked(jobKey(type, id), generation, submittedAt),
    /** `name` is `<type>/<id>`. */
    hasRun: ({ name, generation, submittedAt }: { name: string; generation: number; submittedAt: number }): boolean =>
      isAsked(name, generation, submittedAt),
    all: (): Cancelled[] => [...asked.values()].flat(),
  };
}
