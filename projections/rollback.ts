// `putlog rebuild --rollback`: what was read before the last switch is read again, by the same steps; and a switch that was begun and not
// finished is taken back.
import { persist } from '../platform/persist.ts';
import { readModelNamed } from '../platform/read-model.ts';
import { type Alias, makeAlias } from '../platform/read-model-alias.ts';
import { takeBuildLease } from './build-lease.ts';
import { type BuildTools, createBuilder } from './build-tools.ts';
import { endsOf } from './feed-limits.ts';
import { createSwitch } from './switch-version.ts';

export type RolledBack = { from: string; version: string; switchMs: number };

/** What is to be read. `now` in milliseconds since the epoch. @throws Error that says why nothing is */
export function rollbackTarget({ current, also, feeds, previous, keepUntil = 0 }: Alias, now: number): string {
  // Begun, and not by a rollback.
  if (also !== undefined && also !== previous) return current;
  if (previous === undefined)
    throw new Error(`there is nothing to go back to: ${current} is all there is, or the time to go back is over`);
  if (also === undefined && (keepUntil <= now || !feeds.includes(previous)))
    throw new Error(`the time to go back to ${previous} was over at ${new Date(keepUntil).toISOString()}`);
  return previous;
}

/** @throws BuildTakenError; Error where there is nothing to go back to */
export async function rollBack(tools: BuildTools, keepMs: number): Promise<RolledBack> {
  const { db, history, log, tell } = tools;
  const alias = await makeAlias(db);
  const version = rollbackTarget(alias, Date.now());
  const lease = await takeBuildLease(db, 'rebuild', async () => version, log);
  try {
    const givenUp = lease.isLost;
    const builder = createBuilder(tools, { model: readModelNamed(db, version), givenUp });
    // What it lacks now it need not get while readers read both; it may already be ahead where this was begun before.
    if (alias.also === undefined) await builder.follow(readModelNamed(db, alias.current));
    const began = performance.now();
    const switching = createSwitch({
      ...{ db, log, assertHeld: lease.assertHeld },
      passEnd: async () =>
        builder.feedTo(await persist(() => endsOf(history), { log, what: 'ask for the end', givenUp })),
      told: (phase) => tell({ step: 'switching', version, phase }),
    });
    await switching.switchTo(version, keepMs);
    const from = version === alias.current ? (alias.also ?? version) : alias.current;
    return { from, version, switchMs: Math.round(performance.now() - began) };
  } finally {
    // A rebuild that was left in the middle can still be gone on with.
    await lease.giveBack(lease.leftMs === undefined);
  }
}
