// Commands that were deleted before they ran: by retention, or by somebody. Their jobs can never end, so it is said, with the
// partition and the offsets; what ran before it was deleted is nobody's concern. Takeover and partition runner call it.
import type { Logger } from '../platform/log.ts';

type Place = { topic: string; partition: number };

/** Which are done; none at or above `horizon` is. */
type Known = { isDone: (offset: number) => boolean; horizon: number };

/** What is gone of the offsets from `from` to before `logStart`: the first and the last, and how many. */
export function deletedUnrun(from: number, logStart: number, { isDone, horizon }: Known) {
  const undone: number[] = [];
  for (let offset = from; offset < Math.min(horizon, logStart); offset++) if (!isDone(offset)) undone.push(offset);
  const rest = Math.max(from, horizon);
  const commands = undone.length + Math.max(0, logStart - rest);
  if (commands === 0) return undefined;
  return { first: undone[0] ?? rest, last: logStart > rest ? logStart - 1 : (undone.at(-1) ?? rest), commands };
}

export function tellDeletedCommands(
  log: Logger,
  place: Place,
  logStart: number,
  gone: ReturnType<typeof deletedUnrun>,
): void {
  if (gone === undefined) return;
  log.error(
    { ...place, ...gone, logStart },
    'commands were deleted before they ran: their jobs will never end. Keep commands for longer than any backlog' +
      ' (PUTLOG_COMMAND_RETENTION_MS, and retention.bytes of the topic), and submit these jobs again under new ids',
  );
}

/** What was deleted before an owner took it, until it is known that nobody else has run it. */
export function createDeletedUntaken(log: Logger, place: Place) {
  let range: { from: number; logStart: number } | undefined;
  return {
    note(from: number, logStart: number) {
      range = { from: range?.from ?? from, logStart };
    },
    tell(known: Known) {
      if (range !== undefined)
        tellDeletedCommands(log, place, range.logStart, deletedUnrun(range.from, range.logStart, known));
      range = undefined;
    },
  };
}

/** Without these events nobody can tell which commands from `from` on are done. */
export function tellDeletedEvents(
  log: Logger,
  { topic, partition }: Place,
  gone: { events: string; first: number; last: number; from: number },
): void {
  log.error(
    { topic: gone.events, partition, first: gone.first, last: gone.last, commands: topic, from: gone.from },
    'events were deleted that say which commands are done: commands from this offset on may run again. Keep events for' +
      ' longer than any backlog (PUTLOG_EVENT_RETENTION_MS; -1 for ever)',
  );
}
