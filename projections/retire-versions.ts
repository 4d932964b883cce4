// What becomes of versions of the read model that nobody needs any more: the one before the current is given up when its time to be
// rolled back to is over, and what the alias does not name is dropped. Every projector looks, and whichever comes first does it; with it
// it looks after snapshots.
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { type Alias, changeAlias, namedBy, readAlias } from '../platform/read-model-alias.ts';
import { buildsIn } from './build-lease.ts';
import { dropVersion, versionsIn } from './drop-version.ts';

export type RetireOptions = {
  db: Db;
  log: Logger;
  /** Looked after as often. */
  snapshots: () => Promise<void>;
  /** Milliseconds; longer than it takes until nobody writes what the alias has ceased to name. */
  everyMs?: number;
};

/** The alias without the version before; undefined: it is still kept, or there is none. `now` in milliseconds since the epoch. */
export function withoutPrevious({ epoch: _, ...alias }: Alias, now: number): Omit<Alias, 'epoch'> | undefined {
  const { current, also, feeds, previous, keepUntil = 0 } = alias;
  if (previous === undefined || also !== undefined || keepUntil > now) return undefined;
  return { current, feeds: feeds.filter((name) => name !== previous) };
}

export function retireVersions({ db, log, snapshots, everyMs = 10_000 }: RetireOptions) {
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const alias = await readAlias(db);
    const without = withoutPrevious(alias, Date.now());
    if (without === undefined) return dropUnnamed();
    const changed = await changeAlias(db, alias, without);
    if (changed !== undefined)
      log.info(
        { version: alias.previous },
        'the version before can no longer be rolled back to; it is written no more',
      );
  }

  /** Until the next look whoever wrote it has heard that it is over. */
  async function dropUnnamed(): Promise<void> {
    const found = await versionsIn(db);
    if (found.length < 2) return;
    // In this order: what is not being built any more is named by the alias by now, or never again.
    const building = await buildsIn(db);
    const alias = await readAlias(db);
    // Without an alias nothing is known of what is needed.
    if (alias.epoch === 0) return;
    const needed = namedBy(alias);
    for (const name of found) {
      if (needed.has(name) || building.has(name)) continue;
      await dropVersion(db, name);
      log.info({ version: name }, 'a version of the read model that nobody needs was dropped');
    }
  }

  const timer = setInterval(() => {
    looking ??= Promise.all([look(), snapshots()])
      .then(() => undefined)
      .catch((error: unknown) =>
        log.warn({ err: error }, 'versions of the read model, or snapshots, cannot be looked after'),
      )
      .finally(() => {
        looking = undefined;
      });
  }, everyMs).unref();

  return {
    async close(): Promise<void> {
      clearInterval(timer);
      await looking;
    },
  };
}
