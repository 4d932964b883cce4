// What everybody who reads or writes the read model goes by: the alias, held as a lease. No answer is older than that, however long this
// process was stopped meanwhile, and none costs a question while the lease holds. Each main makes one.
import type { Db } from 'mongodb';
import type { Logger } from './log.ts';
import { type ReadModel, readModelNamed } from './read-model.ts';
import { type Alias, aliasTimes, readAlias } from './read-model-alias.ts';

/** What is read now. `also`: look-ups read both, and the greater document counts. */
export type Versions = { current: ReadModel; also: ReadModel | undefined };

/** Given how long it is waited for. @throws what MongoDB says, or the signal's reason */
export type ReadVersions = (signal?: AbortSignal) => Versions | Promise<Versions>;

export type FollowedReadModel = ReturnType<typeof followReadModel>;

export type FollowOptions = {
  db: Db;
  log: Logger;
  /** Told of a change, once it is seen; with it the alias is asked for all the time, without it only while it is used. */
  changed?: (alias: Alias) => void;
  /** Milliseconds. */
  leaseMs?: number;
  pollMs?: number;
};

/** An answer that takes longer is none (milliseconds). */
const patience = 10_000;
/** After so long without a use nobody asks any more (milliseconds). */
const idleAfter = 1_000;

/** @throws the signal's reason where that is sooner */
function unless<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = () => reject(signal.reason);
  signal.addEventListener('abort', late, { once: true });
  answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
  return promise;
}

export function followReadModel({ db, log, changed, ...times }: FollowOptions) {
  const { leaseMs, pollMs } = { ...aliasTimes, ...times };
  const models = new Map<string, ReadModel>();
  let known: { alias: Alias; askedAt: number } | undefined;
  let asking: Promise<void> | undefined;
  let usedAt = Number.NEGATIVE_INFINITY;

  const modelNamed = (name: string): ReadModel => {
    const model = models.get(name) ?? readModelNamed(db, name);
    models.set(name, model);
    return model;
  };

  async function ask(): Promise<void> {
    const askedAt = performance.now();
    const alias = await readAlias(db, AbortSignal.timeout(patience));
    const before = known?.alias;
    known = { alias, askedAt };
    if (before === undefined || before.epoch === alias.epoch) return;
    log.info({ alias }, 'the read model is read or written in another way from now on');
    changed?.(alias);
  }

  /** Shared by all who need it. */
  function asked(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  const timer = setInterval(() => {
    if (changed === undefined && performance.now() - usedAt > idleAfter) return;
    asked().catch((error: unknown) => log.debug({ err: error }, 'the alias of the read model cannot be read yet'));
  }, pollMs).unref();

  /** As it was asked for no longer than a lease before this was called. */
  function current(signal?: AbortSignal): Alias | Promise<Alias> {
    const began = performance.now();
    usedAt = began;
    if (known !== undefined && known.askedAt >= began - leaseMs) return known.alias;
    return askedSince(began - leaseMs, signal);
  }

  async function askedSince(since: number, signal: AbortSignal | undefined): Promise<Alias> {
    // The first answer may be to a question of before: the second never is.
    for (;;) {
      await (signal === undefined ? asked() : unless(signal, asked()));
      if (known !== undefined && known.askedAt >= since) return known.alias;
    }
  }

  const versionsOf = ({ current: name, also }: Alias): Versions => ({
    current: modelNamed(name),
    also: also === undefined ? undefined : modelNamed(also),
  });
  const versions: ReadVersions = (signal) => {
    const alias = current(signal);
    return alias instanceof Promise ? alias.then(versionsOf) : versionsOf(alias);
  };

  return {
    /** @throws what MongoDB says */
    alias: current,
    versions,
    /** Without asking MongoDB for anything. */
    modelNamed,
    close: () => clearInterval(timer),
  };
}
