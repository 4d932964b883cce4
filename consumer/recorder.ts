// Writes what became of a partition's commands: one outcome each, in the partition its command came from, through the
// writer of whoever owns the partition now. The partition runner calls it.
import { FencedError } from '../platform/fenced-error.ts';
import type { LogWriter } from '../platform/log-writer.ts';
import type { Command } from '../schemas/command.ts';
import type { JobEvent } from '../schemas/event.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { EventRecords } from './event-records.ts';
import { inPlaceEvent, type Outcome, outcomeEvent, type PutOff, smallerOutcome, startedEvent } from './outcome.ts';

export type RecorderTools = {
  worker: string;
  records: EventRecords;
  /** Told of every outcome that is in the log. */
  recorded: (event: JobEvent) => void;
};

export type Recorder = ReturnType<typeof createRecorder>;

/** Offset of the command; when its function was called (milliseconds since the epoch), null: never. */
type Run = { offset: number; startedAt: number | null };

/** `stored` is told at once, with its offset, when an event about what becomes of a command is in the log. */
export function createRecorder(
  { worker, records, recorded }: RecorderTools,
  { topic, partition }: { topic: string; partition: number },
  writer: () => LogWriter | undefined | Promise<LogWriter | undefined>,
  stored: (event: JobEvent, eventOffset: number, traceparent: string | undefined) => void,
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
    stored(event, eventOffset, traceparent);
    recorded(event);
  }

  /** Not an outcome. Undefined: there was nothing left to say. @throws FencedError */
  async function note(make: () => JobEvent | undefined, traceparent?: string) {
    const now = writer();
    const owner = owned(now instanceof Promise ? await now : now);
    const event = make();
    if (event === undefined) return;
    let eventOffset: number;
    try {
      eventOffset = await owner.append(records.event(event, traceparent));
    } catch (error) {
      if (!heldBack(error)) throw error;
      return note(make, traceparent);
    }
    if (event.inPlace) stored(event, eventOffset, traceparent);
  }

  return {
    outcome: record,

    /** Only while it runs: behind its outcome it would say that the job runs again. @throws FencedError */
    started: (
      command: Command,
      {
        offset,
        startedAt,
        runs,
        progress,
      }: { offset: number; startedAt: number; runs: () => boolean; progress?: string },
      traceparent?: string,
    ): Promise<void> => {
      const position = { topic, partition, offset };
      const make = () => startedEvent(command, { position, startedAt, at: Date.now(), worker }, progress);
      return note(() => (runs() ? make() : undefined), traceparent);
    },

    /** The command has another attempt before it. @throws FencedError */
    again: (
      putOff: PutOff & { kind: 'retrying' },
      command: Command,
      { offset, startedAt }: Run,
      traceparent?: string,
    ): Promise<void> => {
      const position = { topic, partition, offset };
      return note(() => inPlaceEvent(putOff, command, { position, startedAt, at: Date.now(), worker }), traceparent);
    },
  };
}

function owned(writer: LogWriter | undefined): LogWriter {
  if (writer === undefined) throw new FencedError('the partition is not ours');
  return writer;
}
