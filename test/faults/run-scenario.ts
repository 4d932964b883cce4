// One scenario from a system that starts to a verdict: load, fault, quiet, every invariant. Whatever happens no process is

// left, and what a failure needs to be understood is in its folder. Called by run.ts.
import { appendFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { groupNames, topicNames } from '../../schemas/topics.ts';
import { soon } from '../stack/deadline.ts';
import { randomName, watchedCluster } from '../stack/log.ts';
import type { FaultStack } from './fault-stack.ts';
import { type FaultSystem, startFaultSystem } from './fault-system.ts';
import { checkInvariants } from './invariants.ts';
import type { Breach, Deleted, Termination } from './invariants-history.ts';
import { observe } from './invariants-observe.ts';
import { openJournal } from './journal.ts';
import { createLoad } from './load.ts';
import type { ProcessHandle } from './process-handle.ts';
import { randomFrom } from './random.ts';
import { createLogReader } from './reader.ts';
import { createRecovery } from './recovery.ts';
import type { Result } from './result.ts';
import type { Poison, Scenario } from './scenario.ts';
import type { SmallDisk } from './small-disk.ts';

/** Milliseconds. A scenario that hangs is a failure of the suite; so long it may take until everything is quiet. */
const usualDeadline = 300_000;
const quietMs = 60_000;
/** In which a process has to end after SIGTERM. */
const stopDeadlineMs = 15_000;

/** `plain`: Kafka's console consumer reads along. */
export type ScenarioRun = {
  stack: FaultStack;
  seed: number;
  runFolder: string;
  plain: boolean;
  disk?: SmallDisk;
};

export async function runScenario(
  scenario: Scenario,
  { stack, seed, runFolder, plain, disk }: ScenarioRun,
): Promise<Result> {
  const began = performance.now();
  const folder = join(runFolder, `${scenario.id}-${seed}`);
  // What an earlier run left there would be taken for this one's.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const prefix = randomName(scenario.id.toLowerCase());
  const journal = openJournal(join(folder, 'journal.jsonl'));
  const poison: Poison[] = [];
  const terminations: Termination[] = [];
  const ofItsOwn: Breach[] = [];
  const deleted = { unrun: [] as Deleted['unrun'][number][], unprojected: [] as Deleted['unprojected'][number][] };
  const note = (text: string) =>
    appendFileSync(join(folder, 'notes.txt'), `${new Date().toISOString()} ${scenario.id} ${text}\n`);
  const summary = () => ({
    ...{ scenario, seed, folder, counts: { ...journal.counts } },
    tookMs: performance.now() - began,
  });

  const { system, processes, killAll } = await startFaultSystem(stack, {
    ...{ prefix, folder },
    settings: scenario.system ?? {},
  });
  const topics = [...topicNames(prefix).commandsOf('default'), topicNames(prefix).events];
  const cluster = await watchedCluster(stack.direct.kafka, topics);
  const { kafka, registryUrl } = stack.direct;
  const reader = createLogReader({ kafka, registryUrl, prefix });
  const recovery = createRecovery(cluster, topicNames(prefix).events);
  const observer = observe({
    ...{ kafka: stack.direct.kafka, topics, groups: Object.values(groupNames(prefix)), heaps: folder },
    processes: () =>
      processes().flatMap(({ name, pid, metricsUrl, alive }) => (alive ? [{ name, pid, metricsUrl }] : [])),
  });
  const load = createLoad({
    ...{ http: system.http, random: randomFrom(seed + 1), journal, oneLane: scenario.oneLane ?? false },
  });
  try {
    const context = {
      ...{ system, stack, load, note, ...(disk && { disk }) },
      random: randomFrom(seed),
      healed: () => {
        note('healed');
        recovery.healed();
      },
      poison: (records: readonly Poison[]) => void poison.push(...records),
      async terminate(handle: ProcessHandle) {
        const sentAt = performance.now();
        const code = await handle.terminate();
        terminations.push({ name: handle.name, code, ms: performance.now() - sentAt, deadlineMs: stopDeadlineMs });
        return code;
      },
      breach: (breach: Breach) => void ofItsOwn.push(breach),
      readLog: reader.readOn,
      deleted: ({ unrun = [], unprojected = [] }: Partial<Deleted> = {}) => {
        deleted.unrun.push(...unrun);
        deleted.unprojected.push(...unprojected);
        return deleted;
      },
    };
    note(`seed ${seed}, prefix ${prefix}`);
    const { seen, failure } = await attempt(
      soon(`${scenario.id} is done`, scenario.run(context), scenario.deadlineMs ?? usualDeadline),
    );
    note(failure === undefined ? `seen: ${seen}` : `failure: ${failure.stack}`);
    disk?.free();
    await makeWhole(stack, system);
    await load.end();
    const { breaches, figures } = await checkInvariants({
      ...{ journal, poison, terminations, deleted, reader, quietMs, prefix, kafka, registryUrl, plain },
      mongoUri: stack.direct.mongoUri(prefix),
      executionsFile: system.executionsFile,
      observed: await observer.stop(),
    });
    note(`figures: ${JSON.stringify(figures)}`);
    recovery.stop();
    const recoveryMs = await recovery.firstOutcome();
    return { ...summary(), breaches: [...ofItsOwn, ...breaches], figures, seen, recoveryMs, failure: failure?.message };
  } catch (error) {
    note(`failure: ${error instanceof Error ? error.stack : String(error)}`);
    const failure = error instanceof Error ? error.message : String(error);
    return { ...summary(), breaches: [], figures: {}, seen: '', recoveryMs: undefined, failure };
  } finally {
    recovery.stop();
    await killAll();
    disk?.free();
    await Promise.allSettled([load.end(), load.close(), observer.stop(), makeWholeStack(stack)]);
    await Promise.all([cluster.close(), reader.close()]);
    journal.close();
  }
}

/** What must be seen of a fault and is not may be a breach: the invariants tell, so they are checked all the same. */
async function attempt(run: Promise<string>): Promise<{ seen: string; failure: Error | undefined }> {
  try {
    return { seen: await run, failure: undefined };
  } catch (error) {
    return { seen: '', failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Every fault is over and every service runs: what is not right from here on is a breach. */
async function makeWhole(stack: FaultStack, { api, workers, projector }: FaultSystem): Promise<void> {
  await makeWholeStack(stack);
  const all = [...api, projector, ...workers];
  for (const handle of all) handle.cont();
  const dead = [...api, projector].filter(({ alive }) => !alive);
  const [worker] = workers;
  if (worker !== undefined && workers.every(({ alive }) => !alive)) dead.push(worker);
  await Promise.all(dead.map((handle) => handle.restart()));
}

async function makeWholeStack({ stack, brokers, proxy }: FaultStack): Promise<void> {
  await Promise.all([proxy.kafka.heal(), proxy.mongodb.heal(), proxy.registry.heal()]);
  await Promise.all(([...brokers, 'registry', 'mongod'] as const).map((part) => stack.startPart(part)));
}
