// Records that were deleted before the projector had read them. What they said is in no status, and will not be in one that is
// rebuilt, so it is an error with the partition and the offsets. The projector group calls it before it goes on behind them.
import type { Logger } from '../platform/log.ts';

/** `from`: where it was to go on; undefined: it has read nothing yet, and of an old log the front may well be gone. */
export function tellDeletedRecords(
  log: Logger,
  {
    topic,
    partition,
    from,
    logStart,
  }: { topic: string; partition: number; from: number | undefined; logStart: number },
): void {
  const first = from ?? 0;
  const gone = { topic, partition, first, last: logStart - 1, records: logStart - first, logStart };
  if (from === undefined)
    log.warn(gone, 'the log does not begin with its first record: the read model lacks what it told');
  else
    log.error(
      gone,
      'records were deleted before the projector had read them: the status of their jobs stays as it was. Keep records for' +
        ' longer than the projector is ever away (PUTLOG_EVENT_RETENTION_MS, PUTLOG_COMMAND_RETENTION_MS)',
    );
}
