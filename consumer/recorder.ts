// Writes what became of a partition's commands: one outcome each, in the partition its command came from, through the
// writer of whoever owns the partition now. The partition runner calls it.
import { FencedError, type LogWriter } from '../platform/log-writer.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { EventRecords } from './event-records.ts';
import { type Outcome, outcomeEvent, smallerOutcome, startedEvent } from './outcome.ts';

export type RecorderTools = {
  worker: string;
  records: EventRecords;
  /** Told of every outcome that is in the log. */
  recorded: (event: JobEvent) => void;
};

export type Recorder = ReturnType<typeof createRecorder>;

/** Offset of the command; when its function was called (milliseconds since the epoch), null: never. */
type Run = { offset: number; startedAt: number | null };

/** `stored` is told at once, with the offsets of the command and of its outcome, when an outcome is in the log. */
export function createRecorder(
  { worker, records, recorded }: RecorderTools,
  { topic, partition }: { topic: string; partition: number },
  writer: () => LogWriter | undefined | Promise<LogWriter | undefined>,
  stored: (offset: number, eventOffset: number) => void,
) {
  /** A writer that was held back writes nothing; the one that takes its place does. */
  const heldBack = (error: unknown) => error instanceof FencedError && writer() instanceof Promise;

  /** Where the log does not take it whole, without what makes it too large. @throws FencedError */
  async function record(outcome: Outcome, command: Command | undefined, run: Run, traceparent?: string): Promise<void> {
    const now = writer();
    const owner = owned(now instanceof Promise ? await now : now);
    const { offset, startedAt } = run;
    const position = { topic, partition, offset };
    const event = outcomeEvent(outcome, command, { position, startedAt, at: Date.now(), worker });
    let eventOffset: number;
    try {
      eventOffset = await owner.append(records.event(event, traceparent));
    } catch (error) {
      if (heldBack(error)) return record(outcome, command, run, traceparent);
      if (!(error instanceof PutlogError && error.code === 'record-too-large')) throw error;
      const smaller = smallerOutcome(outcome, position, error.message);
      if (smaller === undefined) throw error;
      return record(smaller, command, run, traceparent);
    }
    stored(offset, eventOffset);
    recorded(event);
  }

  /** Only while it runs: behind its outcome it would say that the job runs again. @throws FencedError */
  async function started(
    command: Command,
    run: { offset: number; startedAt: number; runs: () => boolean },
    traceparent?: string,
  ): Promise<void> {
    const now = writer();
    const owner = owned(now instanceof Promise ? await now : now);
    if (!run.runs()) return;
    const position = { topic, partition, offset: run.offset };
    const event = startedEvent(command, { position, startedAt: run.startedAt, at: Date.now(), worker });
    try {
      await owner.append(records.event(event, traceparent));
    } catch (error) {
      if (!heldBack(error)) throw error;
      await started(command, run, traceparent);
    }
  }

  return { outcome: record, started };
}

function owned(writer: LogWriter | undefined): LogWriter {
  if (writer === undefined) throw new FencedError('the partition is not ours');
  return writer;
}
