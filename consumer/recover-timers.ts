// Timers that an earlier owner of a partition may not have kept: what the events say was put off, and nothing since. From the
// checkpoint of the partition on, or, where MongoDB has none of its timers (a new one, or one that was dropped), from
// the first event. And what follows the ends of jobs since the checkpoint, which it may not have appended. The partition runner
// calls it when it has taken the partition over.
import { headerOf } from '../platform/batch-record.ts';
import type { KafkaCluster } from '../platform/cluster.ts';
import { persist } from '../platform/persist.ts';
import type { Command } from '../schemas/command.ts';
import { type JobEvent, terminalKinds } from '../schemas/event.ts';
import type { Follow } from './follow.ts';
import { placeText, putsOff, timerOf } from './put-off-run.ts';
import { decoded, eachRecord, type ReadEventsTools } from './read-events.ts';
import type { Timer, Timers } from './timers.ts';

export type RecoverTimersTools = ReadEventsTools & {
  cluster: Pick<KafkaCluster, 'fetch' | 'offsets'>;
  timers: Pick<Timers, 'keep' | 'hasPlace' | 'addPlace'>;
  writeCommand: (command: Command) => Buffer;
  follow: Follow;
};

/** What can put a run off, and what says that it is not waiting any more. */
const kinds = new Set(['scheduled', 'retrying']);
const ends: ReadonlySet<string> = terminalKinds;

/** At once: each has its payload in memory. */
const mostFollowUps = 500;

/**
 * Resolves once all that waits in the events before `fence` is kept, and all that follows is appended. `from`: where the
 * partition's checkpoint begins. `events`: their topic. @throws the last error once it is given up
 */
export async function recoverTimers(
  tools: RecoverTimersTools,
  place: { topic: string; partition: number },
  { events, from, fence }: { events: string; from: number; fence: number },
  givenUp: () => boolean,
): Promise<void> {
  const { timers, log } = tools;
  const name = placeText(place);
  await persist(
    async () => {
      const known = await timers.hasPlace(name);
      const first = (await tools.cluster.offsets([events], 'earliest')).get(events)?.[place.partition] ?? 0;
      const start = Math.max(first, known ? from : (await isUsed(tools, place)) ? 0 : fence);
      const waiting = await waitingIn(tools, place, { events, start, from, end: fence });
      await Promise.all([...waiting.values()].map((timer) => timers.keep(timer)));
      if (!known) await timers.addPlace(name);
    },
    { log, what: `recover the timers of ${name}`, givenUp },
  );
}

/** Without a command nothing was ever put off. */
async function isUsed({ cluster }: RecoverTimersTools, { topic, partition }: { topic: string; partition: number }) {
  return (await cluster.offsets([topic], 'latest')).get(topic)?.[partition] !== 0;
}

/** By job: all events of a job stand in one partition, so the last one of them counts. */
async function waitingIn(
  tools: RecoverTimersTools,
  { topic, partition }: { topic: string; partition: number },
  { events, start, from, end }: { events: string; start: number; from: number; end: number },
): Promise<Map<string, Timer>> {
  const waiting = new Map<string, Timer>();
  const following: (Promise<void> | undefined)[] = [];
  async function follow(event: JobEvent, traceparent: string | undefined) {
    const one = tools.follow(event, traceparent);
    // Awaited below: until then its failure is not unheard.
    void Promise.allSettled([one]);
    following.push(one);
    if (following.length >= mostFollowUps) await Promise.all(following.splice(0));
  }

  await eachRecord(tools, { topic: events, partition, start, end }, async (record) => {
    const kind = headerOf(record, 'ce_type')?.slice('putlog.job.'.length) ?? '';
    const subject = headerOf(record, 'ce_subject') ?? '';
    const over = record.offset >= from && ends.has(kind);
    if (kind === 'rejected' || !(kinds.has(kind) || over || waiting.has(subject))) return;
    const event = await decoded(tools, record, tools.readEvent);
    if (event === undefined || event.command.topic !== topic) return;
    waiting.delete(subject);
    const traceparent = headerOf(record, 'traceparent');
    if (putsOff(event)) waiting.set(subject, timerOf(event, tools.writeCommand, traceparent));
    else if (over) await follow(event, traceparent);
  });
  await Promise.all(following);
  return waiting;
}
