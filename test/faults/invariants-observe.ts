// Watches a run from outside while faults happen: what the groups commit, and how much memory and how many descriptors
// each process holds. The harness begins it with the load and gives what it saw to checkInvariants.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../platform/kafka.ts';
import type { Logger } from '../../platform/log.ts';
import { silent } from '../stack/log.ts';
import { heldBytes, lastHeapReading } from './heap-readings.ts';
import type { CommitSample, ProcessSample } from './invariants-history.ts';

export type ObserverOptions = {
  /** Addresses that advertise themselves, not a proxy. */
  kafka: string;
  groups: readonly string[];
  topics: readonly string[];
  /** Asked each time, because processes come and go. */
  processes: () => readonly { name: string; pid: number }[];
  /** The folder in which processes tell of their heaps, where they do. */
  heaps?: string;
  log?: Logger;
  everyMs?: number;
};

/** `unseen`: how often the offsets could not be read, because no broker answered. */
export type Observed = { commits: CommitSample[]; processes: ProcessSample[]; unseen: number };

export type Observer = { stop: () => Promise<Observed> };

export function observe(options: ObserverOptions): Observer {
  const { kafka, groups, topics, processes, heaps, log = silent, everyMs = 500 } = options;
  const seen: Observed = { commits: [], processes: [], unseen: 0 };
  const last = new Map<string, number>();
  const admin = createKafka({ brokers: kafka, clientId: 'faults-observer', log }).admin();
  const ended = new AbortController();

  async function sampleOffsets(): Promise<void> {
    for (const group of groups)
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics: [...topics] }))
        for (const { partition, offset: text } of partitions) {
          const offset = Number(text);
          const name = `${group} ${topic} ${partition}`;
          if (offset < 0 || last.get(name) === offset) continue;
          last.set(name, offset);
          seen.commits.push({ group, topic, partition, offset });
        }
  }

  /** Each reading once; by pid, when the last one was taken. */
  const read = new Map<number, number>();

  async function sampleHeap(pid: number): Promise<Pick<ProcessSample, 'heapBytes'>> {
    const reading = heaps === undefined ? undefined : await lastHeapReading(heaps, pid);
    if (reading === undefined || read.get(pid) === reading.at) return {};
    read.set(pid, reading.at);
    return { heapBytes: heldBytes(reading) };
  }

  async function sampleProcesses(): Promise<void> {
    for (const { name, pid } of processes()) {
      const sample = await processSample(pid);
      if (sample === undefined) continue;
      seen.processes.push({ name, pid, at: performance.now(), ...sample, ...(await sampleHeap(pid)) });
    }
  }

  async function repeat(what: () => Promise<void>): Promise<void> {
    while (!ended.signal.aborted) {
      await what();
      await delay(everyMs, undefined, { signal: ended.signal }).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      });
    }
  }

  const offsets = async () => {
    await admin.connect();
    await sampleOffsets();
  };
  const watching = Promise.all([
    repeat(() =>
      offsets().catch((error: unknown) => {
        seen.unseen++;
        log.debug({ err: error }, 'committed offsets could not be read');
      }),
    ),
    repeat(sampleProcesses),
  ]);
  watching.catch(() => ended.abort());

  let stopped: Promise<Observed> | undefined;

  async function stop(): Promise<Observed> {
    ended.abort();
    await watching;
    await admin.disconnect();
    return seen;
  }

  return {
    /** @throws what went wrong in the watching itself */
    stop: () => (stopped ??= stop()),
  };
}

/** From Linux's /proc; undefined: there is no such process any more. */
async function processSample(pid: number): Promise<Pick<ProcessSample, 'rssBytes' | 'descriptors'> | undefined> {
  try {
    const [status, open] = await Promise.all([readFile(`/proc/${pid}/status`, 'utf8'), readdir(`/proc/${pid}/fd`)]);
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : { rssBytes: Number(kibibytes) * 1_024, descriptors: open.length };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
