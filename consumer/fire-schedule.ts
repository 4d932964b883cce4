// Fires one time of a schedule: its job, unless the one before is not over and the schedule says to leave the time out. To fire one
// twice does no harm: both commands have one id and one payload, and a claim makes one of them do nothing.
import { type CancelRecordTools, cancelRecord } from '../platform/cancel-record.ts';
import type { ReadVersions } from '../platform/follow-read-model.ts';
import type { Logger } from '../platform/log.ts';
import type { LogRecord, LogWriter } from '../platform/log-writer.ts';
import { persist } from '../platform/persist.ts';
import type { ScheduleState } from '../platform/schedule-states.ts';
import { type SubmitRecordTools, submitRecord } from '../platform/submit-record.ts';
import { callOptionsText } from '../schemas/call-options.ts';
import { canonicalJson, digestOf } from '../schemas/canonical-json.ts';
import type { Command } from '../schemas/command.ts';
import { PutlogError } from '../schemas/problem.ts';
import { type Schedule, scheduledJobId } from '../schemas/schedule.ts';
import { openGeneration } from './open-generation.ts';
import type { BookedSchedule } from './schedule-book.ts';

export type FireScheduleTools = {
  writer: Pick<LogWriter, 'append'>;
  versions: ReadVersions;
  submits: SubmitRecordTools;
  cancels: CancelRecordTools;
  log: Logger;
  givenUp: () => boolean;
};

function commandFor(id: string, { type, payload, key }: Schedule, at: number): Command {
  const text = canonicalJson(payload);
  return {
    ...{ kind: 'submit', type, id: scheduledJobId(id, at), generation: 0, attempt: 1, key },
    ...{ payload: text, digest: digestOf(text), submittedAt: Date.now(), dueAt: null, after: null },
    options: callOptionsText({ schedule: id }),
  };
}

/** Resolves, once its command is in the log, to how far the schedule is then. @throws the last error once it is given up */
export async function fireSchedule(
  tools: FireScheduleTools,
  { id, schedule, topic }: BookedSchedule,
  at: number,
  state: ScheduleState,
): Promise<ScheduleState> {
  const { writer, versions, submits, cancels, log, givenUp } = tools;
  const final = (error: unknown) => error instanceof PutlogError && error.code === 'record-too-large';
  const append = (record: LogRecord) =>
    persist(() => writer.append(record), { log, what: `fire the schedule ${id}`, final, givenUp });

  const { job: before } = state;
  if (before !== null && schedule.overlap !== 'queue') {
    const look = async () => openGeneration(await versions(), before);
    const open = await persist(look, { log, what: `learn whether ${before.name} is over`, givenUp });
    if (open !== undefined && schedule.overlap === 'skip') {
      log.debug({ schedule: id, at: new Date(at), before: before.name }, 'a time of a schedule is left out');
      return { ...state, until: at, skipped: state.skipped + 1 };
    }
    const [type = '', jobId = ''] = before.name.split('/');
    if (open !== undefined)
      await append(cancelRecord({ type, id: jobId, generation: open, at: Date.now() }, cancels, undefined));
  }
  const command = commandFor(id, schedule, at);
  const record = submitRecord(command, topic, submits, undefined);
  try {
    const offset = await append(record);
    const name = `${command.type}/${command.id}`;
    return { ...state, until: at, job: { name, at, command: { topic, partition: record.partition, offset } } };
  } catch (error) {
    if (!final(error)) throw error;
    log.error({ err: error, schedule: id, at: new Date(at) }, 'a job of a schedule does not fit into the log');
    return { ...state, until: at };
  }
}
