// Takes readers from one version of the read model to another so that nobody sees a step back, whichever process answers: docs/adr/0021.
// Three changes of the alias, each by compare-and-set. Whoever was killed between them leaves a state that is right, and whoever comes
// next goes on. `nextStep` is pure, and switch-version.unit.test.ts runs it against every order of events. rebuild and rollback call it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { persist } from '../platform/persist.ts';
import { type Alias, aliasTimes, changeAlias, makeAlias, readAlias } from '../platform/read-model-alias.ts';

type Change = Omit<Alias, 'epoch'>;

/**
 * What is to be changed next. `after`: before that everybody must have heard of the alias as it is (`heard`), and the version must then
 * have all that the log has by that time (`passed`).
 */
export type Step = { name: 'both' | 'ahead' | 'alone'; after: 'nothing' | 'heard' | 'passed'; change: Change };

/** Undefined: `to` alone is read. `to` must be fed already. `keepUntil` in milliseconds since the epoch. */
export function nextStep({ epoch: _, ...alias }: Alias, to: string, keepUntil: number): Step | undefined {
  const { current, also, feeds } = alias;
  const other = current === to ? also : current;
  if (other === undefined) return undefined;
  // It is behind what is read now, and never ahead, so that whoever reads both is told what whoever reads one is told.
  if (also === undefined) return { name: 'both', after: 'nothing', change: { ...alias, also: to } };
  // From now on it is never behind.
  if (feeds[0] !== to)
    return { name: 'ahead', after: 'heard', change: { ...alias, feeds: [to, ...feeds.filter((name) => name !== to)] } };
  const change = { current: to, feeds: [to, other], previous: other, keepUntil };
  return { name: 'alone', after: 'passed', change };
}

/** The alias with one more version that projectors write, behind the others: it is never ahead of them. */
export const feeding = ({ epoch: _, ...alias }: Alias, version: string): Change => ({
  ...alias,
  feeds: [...alias.feeds.filter((name) => name !== version), version],
});

export type SwitchOptions = {
  db: Db;
  log: Logger;
  /** @throws Error where this process may no longer decide */
  assertHeld: () => Promise<void>;
  /** Resolves once `version` has all that the log held when it was called. */
  passEnd: (version: string) => Promise<void>;
  told: (step: Step['name'] | 'fed') => void;
};

export function createSwitch({ db, log, assertHeld, passEnd, told }: SwitchOptions) {
  const read = () => persist(() => readAlias(db), { log, what: 'read the alias of the read model' });

  /** Changes what it finds, until that was not changed meanwhile. `change` undefined: there is nothing to change. */
  async function change(of: (alias: Alias) => Promise<Change | undefined> | Change | undefined): Promise<void> {
    await persist(() => makeAlias(db), { log, what: 'make sure of the alias of the read model' });
    for (;;) {
      const alias = await read();
      const next = await of(alias);
      if (next === undefined) return;
      await assertHeld();
      const set = () => changeAlias(db, alias, next);
      if ((await persist(set, { log, what: 'change the alias of the read model' })) !== undefined) return;
    }
  }

  return {
    /** From when it resolves on everybody who writes the read model writes this version as well, after the others. */
    async feed(version: string): Promise<void> {
      await change((alias) => (alias.feeds.includes(version) ? undefined : feeding(alias, version)));
      told('fed');
      await delay(aliasTimes.settleMs);
    },

    /** Readers read `to` alone when it resolves, or a moment later. @throws as `assertHeld` */
    async switchTo(to: string, keepMs: number): Promise<void> {
      for (let done = false; !done; )
        await change(async (alias) => {
          const step = nextStep(alias, to, Date.now() + keepMs);
          done = step === undefined;
          if (step === undefined) return undefined;
          if (step.after !== 'nothing') await delay(aliasTimes.settleMs);
          if (step.after === 'passed') await passEnd(to);
          told(step.name);
          return step.change;
        });
    },
  };
}
