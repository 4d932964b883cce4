// Invariant 4: what was refused never runs; everything else runs at most once for each owner its partition had, since an
// owner that died may have run a function without having recorded it. And nothing runs that nobody asked for.
import type { Position } from '../../schemas/position.ts';
import { groupNames, ownerIdentity } from '../../schemas/topics.ts';
import { type Breach, type History, isTerminalEvent, nameOf } from './invariants-history.ts';
import { fateOf } from './journal.ts';

type Parts = Pick<History, 'jobs' | 'log' | 'executions'>;

const breach = (text: string): Breach => ({ invariant: 4, text });

/** Neither in the log nor on a worker. */
export function refusedNeverRuns({ jobs, log, executions }: Parts): Breach[] {
  const traces = new Map<string, string>();
  for (const { command } of log.commands) if (command) traces.set(nameOf(command), 'is in the log');
  for (const { event } of log.events) if (event.type !== '') traces.set(nameOf(event), `has the event ${event.kind}`);
  for (const { job } of executions) traces.set(job, 'was run');
  return [...jobs.values()].flatMap((job) => {
    const trace = traces.get(job.name);
    return fateOf(job) === 'rejected' && trace !== undefined ? [breach(`${job.name} was refused and ${trace}`)] : [];
  });
}

/** What nobody knows the fate of: one terminal event at most. */
export function unknownEndsOnce({ jobs, log }: Pick<Parts, 'jobs' | 'log'>): Breach[] {
  const ends = Map.groupBy(log.events.filter(isTerminalEvent), ({ event }) => nameOf(event));
  return [...jobs.values()].flatMap((job) => {
    // Sent again it ends again.
    const count = ends.get(job.name)?.filter(({ event }) => event.generation === 0).length ?? 0;
    return fateOf(job) === 'unknown' && count > 1 ? [breach(`${job.name} is unknown and ended ${count} times`)] : [];
  });
}

/** `<host>-<pid>-<random>` is what a worker calls itself. */
const pidOf = (worker: string): string => /-(\d+)-[0-9a-f]+$/.exec(worker)?.[1] ?? worker;

/** The identity under which the owner of a command's partition writes; `<prefix>.commands.…` is what topics are called. */
const ownerOf = ({ topic, partition }: Position): string =>
  ownerIdentity(groupNames(topic.split('.commands.')[0] ?? '').workers, topic, partition);

/** The first fence of each: an owner may append it again. */
const epochs = (fences: Parts['log']['fences']) =>
  new Map(fences.map(({ fence }) => [`${fence.identity} ${fence.producerId}.${fence.producerEpoch}`, fence])).values();

/** A fence is the beginning of a term: in each, a worker begins a call of its partition once. */
export function oneRunPerTerm({ log, executions }: Pick<Parts, 'log' | 'executions'>): Breach[] {
  const owners = new Map<string, Set<string>>();
  for (const { command, position } of log.commands) {
    if (command === undefined) continue;
    const name = nameOf(command);
    owners.set(name, (owners.get(name) ?? new Set()).add(ownerOf(position)));
  }
  const terms = Map.groupBy(epochs(log.fences), ({ identity, worker }) => `${identity} ${pidOf(worker)}`);
  const begins = Map.groupBy(
    executions.filter(({ what }) => what === 'begin'),
    ({ job, generation = 0, attempt, pid }) => `${job} attempt ${generation}.${attempt} in process ${pid}`,
  );
  return [...begins].flatMap(([what, runs]) => {
    const [first] = runs;
    const of = first && owners.get(first.job);
    if (first === undefined || of === undefined) return [breach(`${what} ran, and no command asked for it`)];
    const allowed = [...of].reduce((sum, owner) => sum + (terms.get(`${owner} ${first.pid}`)?.length ?? 0), 0);
    return runs.length > allowed ? [breach(`${what} began ${runs.length} times in ${allowed} terms`)] : [];
  });
}
