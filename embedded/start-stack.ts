import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endLeftovers } from './end-leftovers.ts';
import type { Ended } from './guarded-child.ts';
import { installPart } from './install-part.ts';
import { newClusterId } from './kafka-part.ts';
import type { KafkaExtras } from './kafka-properties.ts';
import { lockDataDir } from './lock-data-dir.ts';
import { brokerNames, brokersOf, type PartName, partNames } from './part.ts';
import { createPartProcess, endedAs, type PartProcess } from './part-process.ts';
import { problem } from './problem.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { type OnProgress, stopwatch } from './progress.ts';
import { findRequirements } from './requirements.ts';
import { chooseStackPorts } from './stack-ports.ts';
import { readState, stateWriter } from './stack-state.ts';

/**
 * Kafka, a schema registry and mongod on this machine, from nothing to answering: fetched if need be, started side
 * by side, kept in one data directory that nobody else uses meanwhile. Called by `putlog start` and by the tests.
 * Whatever fails or is aborted, no process and no lock is left.
 */
export type StackOptions = {
  readonly dataDir: string;
  readonly cacheDir: string;
  /** Given ports are taken as they are; others are the previous run's, or free ones. */
  readonly ports?: Readonly<Partial<Record<PartName, number>>>;
  /** Unless told, one of each; `kafka-2` and `kafka-3` together with `kafka` make one cluster. */
  readonly parts?: readonly PartName[];
  /** A mongod to use, instead of looking for one. */
  readonly mongod?: string | undefined;
  readonly kafkaExtras?: KafkaExtras;
  /** Of its command line, beside what it is always told. */
  readonly mongodArgs?: readonly string[];
  readonly onProgress?: OnProgress;
  /** A part ended that nobody stopped; `startPart` brings it back. */
  readonly onExit?: (part: PartName, ended: Ended) => void;
  /** The pid of a part changed. */
  readonly onPid?: (part: PartName, pid: number) => void;
  /** Aborts the start; a started stack is stopped by `stop`. */
  readonly signal?: AbortSignal;
};

export type Stack = {
  readonly dataDir: string;
  /** `pid` is that of the first broker. */
  readonly kafka?: { readonly brokers: string; readonly pid: number | undefined };
  readonly registry?: { readonly url: string; readonly pid: number | undefined };
  readonly mongod?: { readonly uri: string; readonly pid: number | undefined };
  /** One after the other: registry, mongod, Kafka. Releases the data directory. */
  readonly stop: () => Promise<void>;
  /** SIGKILL to all, without waiting. */
  readonly kill: () => void;
  readonly pidOf: (part: PartName) => number | undefined;
  readonly startPart: (part: PartName, signal?: AbortSignal) => Promise<void>;
  readonly stopPart: (part: PartName, signal?: NodeJS.Signals) => Promise<void>;
  readonly restart: (part: PartName, signal?: NodeJS.Signals) => Promise<void>;
};

const stopOrder: readonly PartName[] = ['registry', 'mongod', ...brokerNames.toReversed()];

export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const { parts = partNames, onProgress = () => undefined, onExit, onPid } = options;
  await mkdir(join(dataDir, 'logs'), { recursive: true });
  const lock = await lockDataDir(dataDir);
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const processes = new Map<PartName, PartProcess>();
  const stoppers = () => stopOrder.flatMap((name) => processes.get(name) ?? []);

  let up = false;

  const kill = () => {
    for (const running of stoppers()) running.kill();
  };

  const startAll = async () => {
    const state = await readState(dataDir);
    await endLeftovers(Object.values(state.processes), (text) => onProgress({ kind: 'note', text }));
    const requirements = await findRequirements({ parts, cacheDir: options.cacheDir, mongod: options.mongod });
    const ports = await chooseStackPorts(parts, options.ports ?? {}, state.ports);
    const clusterId = newClusterId();
    const writeState = stateWriter(dataDir);
    const identities: Partial<Record<PartName, ProcessIdentity>> = {};
    const remember = async (name: PartName, pid: number) => {
      const identity = await identify(pid);
      if (identity !== undefined) identities[name] = identity;
      await writeState({ ports: { ...state.ports, ...ports }, processes: { ...identities } });
      onPid?.(name, pid);
    };
    const startOne = async (name: PartName) => {
      const part = await installPart({
        name,
        dataDir,
        cacheDir: options.cacheDir,
        ports,
        parts,
        clusterId,
        requirements,
        onProgress,
        signal,
        kafkaExtras: options.kafkaExtras,
        mongodArgs: options.mongodArgs,
      });
      signal.throwIfAborted();
      const running = createPartProcess({
        part,
        logFile: join(dataDir, 'logs', `${name}.log`),
        onStarted: (pid) => remember(name, pid),
        onExit: (ended) =>
          up
            ? onExit?.(name, ended)
            : failed.abort(problem(`${name} ended (${endedAs(ended)}) while the others were starting.`)),
      });
      processes.set(name, running);
      const seconds = stopwatch();
      onProgress({ kind: 'starting', part: name });
      await running.start(signal);
      onProgress({ kind: 'ready', part: name, address: part.address, seconds: seconds() });
    };
    await allOrAbort(parts.map(startOne), failed);
    failed.signal.throwIfAborted();
    up = true;
  };

  try {
    signal.throwIfAborted();
    await startAll();
  } catch (error) {
    kill();
    await Promise.all(stoppers().map((running) => running.stop('SIGKILL')));
    await lock.release();
    throw error;
  }

  const the = (name: PartName) => {
    const found = processes.get(name);
    if (found === undefined) throw new Error(`${name} is not part of this stack`);
    return found;
  };
  const kafka = processes.get('kafka');
  const brokers = brokersOf(parts).map(the);
  const registry = processes.get('registry');
  const mongod = processes.get('mongod');
  return {
    dataDir,
    ...(kafka && {
      kafka: {
        brokers: brokers.map(({ part }) => part.address).join(','),
        get pid() {
          return kafka.pid();
        },
      },
    }),
    ...(registry && {
      registry: {
        url: registry.part.address,
        get pid() {
          return registry.pid();
        },
      },
    }),
    ...(mongod && {
      mongod: {
        uri: mongod.part.address,
        get pid() {
          return mongod.pid();
        },
      },
    }),
    stop: async () => {
      for (const running of stoppers()) {
        const seconds = stopwatch();
        await running.stop();
        onProgress({ kind: 'stopped', part: running.part.name, seconds: seconds() });
      }
      await lock.release();
    },
    kill,
    pidOf: (name) => the(name).pid(),
    startPart: (name, abort) => the(name).start(abort),
    stopPart: (name, how) => the(name).stop(how),
    restart: async (name, how) => {
      await the(name).stop(how);
      await the(name).start();
    },
  };
}

/** Waits for all, also after a failure, so that nobody starts anything any more when this returns. */
async function allOrAbort(starts: readonly Promise<void>[], failed: AbortController): Promise<void> {
  let first: { readonly error: unknown } | undefined;
  const watched = starts.map((start) =>
    start.catch((error: unknown) => {
      first ??= { error };
      failed.abort(error);
    }),
  );
  await Promise.all(watched);
  if (first !== undefined) throw first.error;
}
