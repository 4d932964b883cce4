// Invariants 1, 2, 7 and 9: what was accepted has its outcome, and there is never more than one. Pure functions of the
// history of a run; checkInvariants calls them.
import type { EventKind } from '../../schemas/event.ts';
import { positionText } from '../../schemas/position.ts';
import {
  at,
  type Breach,
  type History,
  isOutcome,
  isTerminalEvent,
  latestGenerations,
  nameOf,
  onlyOne,
} from './invariants-history.ts';
import { fateOf, type JournaledJob } from './journal.ts';
import type { LoggedEvent } from './reader.ts';

const words = (logged: LoggedEvent): string => `${logged.event.kind} (${at(logged)}, by ${logged.event.worker})`;

type Outcomes = Pick<History, 'jobs' | 'log' | 'deleted'>;

/** Names of jobs that were acknowledged and are not finished, though a command was left. */
export function acknowledgedWithoutOutcome({ jobs, log, deleted }: Outcomes): string[] {
  const settled = new Set(
    log.events.filter(isTerminalEvent).map(({ event }) => `${nameOf(event)} #${event.generation}`),
  );
  const latest = latestGenerations(log);
  const unrun = unrunJobs({ log, deleted });
  return [...jobs.values()]
    .filter((job) => fateOf(job) === 'acked' && !unrun.has(job.name))
    .filter(({ name }) => !settled.has(`${name} #${latest.get(name) ?? 0}`))
    .map(({ name }) => name);
}

/** Names of jobs of which every command was deleted before a worker took it. */
export function unrunJobs({ log, deleted }: Pick<History, 'log' | 'deleted'>): Set<string> {
  if (deleted.unrun.length === 0) return new Set();
  const gone = new Set(deleted.unrun.map(positionText));
  const { yes = [], no = [] } = Object.groupBy(log.commands, ({ position }) =>
    gone.has(positionText(position)) ? 'yes' : 'no',
  );
  const names = (list: typeof yes) => list.flatMap(({ command }) => (command === undefined ? [] : [nameOf(command)]));
  return new Set(names(yes)).difference(new Set(names(no)));
}

/** 1: no acknowledged job is missing, and each ended as its function ends. */
export function everyAcknowledgedJobHasItsOutcome(history: Outcomes): Breach[] {
  const missing = acknowledgedWithoutOutcome(history).map((name) => `${name} was acknowledged and has no outcome`);
  const wrong = history.log.events.filter(isTerminalEvent).flatMap((logged) => {
    const job = history.jobs.get(nameOf(logged.event));
    return job === undefined ? [] : wrongly(job, logged);
  });
  const gone = new Set(history.deleted.unrun.map(positionText));
  const late = history.log.events.flatMap((logged) =>
    isOutcome(logged) && gone.has(positionText(logged.event.command))
      ? [`${nameOf(logged.event)} ran though its command was deleted before: ${words(logged)}`]
      : [],
  );
  return [...missing, ...wrong, ...late].map((text) => ({ invariant: 1, text }));
}

function wrongly({ name, expects, digest, key }: JournaledJob, logged: LoggedEvent): string[] {
  const { kind, error, digest: ran, key: under } = logged.event;
  if (ran !== digest || under !== key)
    return [`${name} ran with another payload or key than was sent: ${words(logged)}`];
  // One that was running whenever its worker was killed is given up, and says so.
  if (kind === 'dead' && error?.includes('"job-killed-its-worker"')) return [];
  return expects.includes(kind)
    ? []
    : [`${name} ended with ${words(logged)}, not with ${expects.join(' or ')}: ${error}`];
}

/** 2: a job has at most one terminal event. */
export const oneTerminalEvent = ({ log }: Pick<History, 'log'>): Breach[] =>
  onlyOne(2, log.events.filter(isTerminalEvent), ({ event }) => `${nameOf(event)} #${event.generation}`, words);

/** A command is done with, and no attempt has ended. */
const doneWith: ReadonlySet<EventKind> = new Set(['scheduled', 'rejected']);

/** 9: no attempt has two recorded outcomes, and no command either. */
export const oneOutcomePerAttempt = ({ log }: Pick<History, 'log'>): Breach[] => [
  ...onlyOne(
    9,
    log.events.filter(isOutcome),
    ({ event }) => `attempt ${nameOf(event)} #${event.generation}.${event.attempt}`,
    words,
  ),
  ...onlyOne(
    9,
    log.events.filter((logged) =>
      isOutcome(logged) ? !logged.event.inPlace : doneWith.has(logged.event.kind) || logged.event.type === '',
    ),
    ({ event }) => `command ${positionText(event.command)}`,
    words,
  ),
];

/** 7: each record that cannot be decoded is dead exactly once, with its cause and its bytes, and nothing else is. */
export function poisonIsDeadOnce({ log, poison }: Pick<History, 'log' | 'poison'>): Breach[] {
  const dead = Map.groupBy(
    log.events.filter(({ event }) => event.kind === 'dead' && event.type === ''),
    ({ event }) => positionText(event.command),
  );
  const alsoPoison = new Set(poison.map(positionText));
  const poisonous = log.commands.filter(
    ({ command, position }) => command === undefined || alsoPoison.has(positionText(position)),
  );
  const texts = poisonous.flatMap(({ position, value }) => {
    const place = positionText(position);
    const found = dead.get(place) ?? [];
    dead.delete(place);
    const [only] = found;
    if (only === undefined || found.length > 1) return [`poison ${place} has ${found.length} dead letters`];
    const { error, original } = only.event;
    if (!error?.includes('"record-undecodable"'))
      return [`the dead letter of ${place} does not say its cause: ${error}`];
    const same = original?.equals(value ?? Buffer.alloc(0));
    return same ? [] : [`the dead letter of ${place} does not have its bytes`];
  });
  const healthy = [...dead.keys()].map((place) => `${place} is a dead letter, but can be decoded`);
  return [...texts, ...healthy].map((text) => ({ invariant: 7, text }));
}
