// One owner's time with a partition: it begins with a takeover, is renewed long before Kafka would forget the identity and
// whenever the process was out of touch with its group, and is over when the writer is fenced, cannot be renewed, or the
// partition goes. The partition runner holds one.
import { FencedError } from '../platform/fenced-error.ts';
import type { LogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import { type Ownership, type TakeOverTools, takeOver } from './take-over.ts';

export type TenureTools = TakeOverTools & {
  /**
   * How often an identity is renewed (milliseconds). Kafka forgets one after `transactional.id.expiration.ms` (7 days), and a
   * partition forgets who wrote to it after `producer.id.expiration.ms` (1 day); both must be much longer.
   */
  renewMs: number;
};

export type TenureOptions = {
  /** Commands in hand: a renewal that finds one of them done by somebody else ends the tenure. */
  undone: () => Iterable<number>;
  /** Something may begin again. */
  renewed: () => void;
  /** Nothing more can be appended; told once. */
  lost: (error: Error) => void;
  /** A fault of our own. */
  fatal: (error: unknown) => void;
};

export function createTenure(
  tools: TenureTools,
  place: { topic: string; partition: number },
  { undone, renewed, lost, fatal }: TenureOptions,
) {
  const { log, renewMs } = tools;
  let current: Ownership | undefined;
  let renewing: Promise<void> | undefined;
  let renewedAt = 0;
  let over = false;
  /** The process was out of touch: nothing is written until the group has said whose the partition is. */
  let held: PromiseWithResolvers<void> | undefined;
  /** From then on until the renewal behind it has found nobody else's outcomes. */
  let inDoubt = false;

  const usable = () => (over ? undefined : current?.writer);

  function end(error: Error) {
    if (over) return;
    over = true;
    lost(error);
  }

  async function take(): Promise<Ownership | undefined> {
    const startedAt = performance.now();
    try {
      // A writer that is held back will be replaced; any other failure is the end.
      const failed = (error: Error) => held === undefined && end(error);
      const taken = await persist(() => takeOver(tools, place, failed, () => over), {
        ...{ log, what: `take ${place.topic}/${place.partition} over` },
        givenUp: () => over,
      });
      if (over) await taken.writer.close(0);
      else {
        current = taken;
        renewedAt = startedAt;
      }
    } catch (error) {
      // Given up in the meantime, or fenced and told so: what kept it from starting matters to nobody any more.
      if (!over) throw error;
    }
    return over ? undefined : current;
  }

  /**
   * A takeover from ourselves. What is under way is stored first and what comes meanwhile waits, so the old term has
   * nothing to lose. Whoever had the partition in between, unknown to us, has left outcomes in the log.
   */
  async function renew(owned: Ownership) {
    let term: Ownership | undefined = owned;
    do {
      const { writer } = term;
      for (let before = held; before !== undefined; before = held) {
        await before.promise;
        await writer.settled();
        if (held === before) held = undefined;
      }
      await writer.settled();
      if (over) return;
      await writer.close(0);
      term = await take();
      if (term === undefined) return;
      for (const offset of undone())
        if (term.isDone(offset)) return end(new FencedError('another owner has recorded what was in hand here'));
      log.debug({ ...place, fence: term.fence, owner: term.owner }, 'identity renewed');
    } while (held !== undefined);
    // At once, or a doubt that comes in the same moment would wait for a renewal that is over.
    renewing = undefined;
    inDoubt = false;
    renewed();
  }

  function beginRenewal() {
    if (current === undefined || renewing !== undefined) return;
    renewing = renew(current).catch(fatal);
  }

  return {
    /** Undefined: it was over before it began. */
    async begin(): Promise<Ownership | undefined> {
      const taken = await take();
      taken?.tellDeleted();
      return taken;
    },
    get ownership() {
      return current;
    },
    /** Where outcomes go now; while the identity is renewed, where they go then. */
    writer: (): LogWriter | undefined | Promise<LogWriter | undefined> =>
      renewing === undefined ? usable() : renewing.then(usable),
    /** Nothing new should begin: the process was out of touch, and it is not known yet whose the partition is. */
    get inDoubt() {
      return inDoubt;
    },

    /** Called often with the monotonic clock. */
    sweep(now: number) {
      if (current === undefined || over) return;
      const age = now - renewedAt;
      if (age >= 2 * renewMs) end(new FencedError(`the identity could not be renewed for ${Math.round(age)} ms`));
      else if (age >= renewMs) beginRenewal();
    },
    /** What waits to be written waits on, until `confirm`. */
    hold() {
      if (current === undefined || over) return;
      inDoubt = true;
      const before = held;
      held = Promise.withResolvers();
      before?.resolve();
      beginRenewal();
    },
    /** The partition is ours, the group says. */
    confirm: () => held?.resolve(),

    /** Nothing is appended after it. */
    async close(): Promise<void> {
      over = true;
      held?.resolve();
      await current?.writer.close(0);
    },
  };
}
