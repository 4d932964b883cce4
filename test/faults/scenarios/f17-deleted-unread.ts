// F17: commands are deleted before a worker has taken them, events before the projector has read them: all of them by
// retention, then some by an operator. What is gone is gone; it must be said, to the offset, and nothing else may be missing.
import { createMongo } from '../../../platform/mongo.ts';
import { openReadModel, readCheckpoints } from '../../../platform/read-model.ts';
import { positionText } from '../../../schemas/position.ts';
import { topicNames } from '../../../schemas/topics.ts';
import { until } from '../../stack/deadline.ts';
import { deleteBefore, expire } from '../deletions.ts';
import { partitions } from '../fault-system.ts';
import { nameOf } from '../invariants-history.ts';
import { acknowledgedWithoutOutcome } from '../invariants-outcomes.ts';
import { logged, more } from '../moments.ts';
import type { ProcessHandle } from '../process-handle.ts';
import { between } from '../random.ts';
import type { Log } from '../reader.ts';
import { type FaultContext, must, type Scenario } from '../scenario.ts';

type Way = 'by retention' | 'by an operator';

type Told = { topic: string; partition: number; first: number; last: number; commands?: number; records?: number };

const every = (value: (partition: number) => number) => Array.from({ length: partitions }, (_, i) => value(i));

/** Deletes up to a place behind `firsts`: where the log ends, or by chance. Resolves to the first offsets left. */
async function deleteUnread(
  { stack, random }: FaultContext,
  { topic, way, firsts, log }: { topic: string; way: Way; firsts: readonly number[]; log: Log },
): Promise<number[]> {
  const ends = every((partition) => log.next.get(topic)?.[partition] ?? 0);
  if (way === 'by retention') {
    await expire(stack.direct.kafka, topic);
    return ends;
  }
  const cuts = every((partition) => {
    const [first, end] = [firsts[partition] ?? 0, ends[partition] ?? 0];
    return first < end ? between(random, first + 1, end) : end;
  });
  await deleteBefore(stack.direct.kafka, topic, cuts);
  return cuts;
}

/** What a process has said is gone, one of each partition of which that many were expected. */
async function toldBy(handle: ProcessHandle, pattern: RegExp, from: number, count: number): Promise<Told[]> {
  const lines = () =>
    handle
      .logs()
      .slice(from)
      .split('\n')
      .filter((line) => pattern.test(line));
  if (count > 0) await logged(handle, pattern, from);
  await until(`${count} partitions in the log of ${handle.name}`, async () =>
    lines().length >= count ? true : undefined,
  );
  const told = lines().map((line) => JSON.parse(line) as Told & { level: number });
  must(
    told.length === count && told.every(({ level }) => level === 50),
    `${handle.name} told of ${told.length} partitions, not of ${count}`,
  );
  return told;
}

/** A worker is killed, and commands that wait for it are deleted. Resolves to how many of them had not run. */
async function commandsGone(context: FaultContext, worker: ProcessHandle, way: Way, gone: Set<string>) {
  const { system, load, random, note, readLog, deleted } = context;
  const topic = topicNames(system.prefix).commands('default');
  load.begin({ perSecond: 150 });
  await more(load, 150);
  await worker.kill();
  await more(load, between(random, 100, 250));
  await load.end();

  const log = await readLog();
  const ran = new Set(log.events.map(({ event }) => positionText(event.command)));
  const finished = new Set(log.events.map(({ event }) => nameOf(event)));
  // The busiest lane; what waits in the others stays.
  const unrun = log.commands.filter(
    ({ position }) => position.topic === topic && !ran.has(positionText(position)) && !gone.has(positionText(position)),
  );
  // A repeated call has no outcome of its own, and none is missed.
  const waiting = unrun.filter(({ command }) => command !== undefined && !finished.has(nameOf(command)));
  const offsetsIn = (list: typeof unrun, partition: number) =>
    list.flatMap(({ position }) => (position.partition === partition ? [position.offset] : []));
  const firsts = every((partition) => offsetsIn(waiting, partition)[0] ?? 0);
  const cuts = await deleteUnread(context, { topic, way, firsts, log });
  const isGone = ({ position }: (typeof unrun)[number]) => position.offset < (cuts[position.partition] ?? 0);
  const positions = unrun.filter(isGone).map(({ position }) => position);
  deleted({ unrun: positions });
  for (const position of positions) gone.add(positionText(position));

  const before = worker.logs().length;
  await worker.restart();
  const lost = waiting.filter(isGone);
  const affected = every((partition) => offsetsIn(lost, partition).length).filter((count) => count > 0);
  const told = await toldBy(worker, /commands were deleted before they ran/, before, affected.length);
  for (const { partition, first, last, commands = 0 } of told) {
    const offsets = offsetsIn(lost, partition);
    const right = offsets.every((offset) => offset >= first && offset <= last) && commands >= offsets.length;
    must(right, `partition ${partition} lost ${offsets.join(', ')}; told was ${first} to ${last}, ${commands}`);
  }
  note(`${lost.length} commands deleted ${way}: ${JSON.stringify(told)}`);
  return lost.length;
}

/** The projector ends, and events that wait for it are deleted. Resolves to how many records it had not read. */
async function eventsGone(context: FaultContext, way: Way): Promise<number> {
  const { system, load, random, note, readLog, deleted, stack } = context;
  const { projector, prefix } = system;
  const topic = topicNames(prefix).events;
  load.begin({ perSecond: 150 });
  await more(load, 150);
  // In good order, so that its checkpoint is what it has read.
  await projector.terminate();
  await more(load, between(random, 100, 250));
  await load.end();
  const { jobs } = load.journal;
  const log = await until('every outcome', async () => {
    const read = await readLog();
    const left = acknowledgedWithoutOutcome({ jobs, log: read, deleted: context.deleted() });
    return left.length === 0 ? read : undefined;
  });
  const mongo = createMongo(stack.direct.mongoUri(prefix));
  const reached = (await readCheckpoints(await openReadModel(mongo.db), [topic])).get(topic) ?? {};
  await mongo.close();
  const firsts = every((partition) => reached[partition] ?? 0);
  const cuts = await deleteUnread(context, { topic, way, firsts, log });
  const isGone = ({ partition, offset }: { partition: number; offset: number }) =>
    offset >= (firsts[partition] ?? 0) && offset < (cuts[partition] ?? 0);
  deleted({ unprojected: log.events.filter(isGone).map(({ partition, offset }) => ({ partition, offset })) });

  const before = projector.logs().length;
  await projector.restart();
  const affected = cuts.filter((cut, partition) => cut > (firsts[partition] ?? 0));
  const told = await toldBy(
    projector,
    /records were deleted before the projector had read them/,
    before,
    affected.length,
  );
  for (const { partition, first, last, records } of told) {
    const [from, cut] = [firsts[partition], cuts[partition] ?? 0];
    must(
      first === from && last === cut - 1 && records === cut - first,
      `partition ${partition} lost ${from} to ${cut - 1}; told was ${first} to ${last}, ${records}`,
    );
  }
  const count = told.reduce((sum, { records = 0 }) => sum + records, 0);
  note(`${count} records of events deleted ${way}: ${JSON.stringify(told)}`);
  return count;
}

export const deletedUnread: Scenario = {
  id: 'F17',
  name: 'commands and events are deleted before they are read',
  holds: [1, 5, 8],
  inCi: false,
  system: { workers: 1 },
  broker: { 'log.retention.check.interval.ms': 500, 'log.initial.task.delay.ms': 500 },
  async run(context) {
    const [worker] = context.system.workers;
    must(worker !== undefined, 'there is no worker');
    const gone = new Set<string>();
    const counts = { commands: 0, events: 0 };
    for (const way of ['by retention', 'by an operator'] as const) {
      counts.commands += await commandsGone(context, worker, way, gone);
      counts.events += await eventsGone(context, way);
    }
    must(counts.commands > 0 && counts.events > 0, 'nothing was deleted unread');
    context.load.begin({ perSecond: 150 });
    context.healed();
    await more(context.load, 150);
    return `${counts.commands} commands and ${counts.events} events deleted unread, each told of to the offset`;
  },
};
