import { expect, test } from 'vitest';
import { FencedError } from '../platform/fenced-error.ts';
import type { LogRecord, LogWriter } from '../platform/log-writer.ts';
import type { Command } from '../schemas/command.ts';
import { createEventRecords } from './event-records.ts';
import { createRecorder } from './recorder.ts';

const command: Command = {
  ...{ kind: 'submit', type: 'test.job', id: 'a', generation: 0, attempt: 1, key: 'a' },
  ...{ payload: '{}', digest: 'd', submittedAt: 1, dueAt: null, after: null, options: null },
};

function writerThat(append: LogWriter['append']): LogWriter {
  return {
    append,
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
    ...{ identity: { producerId: '1', producerEpoch: 0 }, waiting: { records: 0, bytes: 0 }, failure: undefined },
  };
}

/** A recorder whose writer is replaced, as by a renewal, while an announcement waits in it. */
function renewedUnderneath() {
  const first = Promise.withResolvers<number>();
  const renewed = Promise.withResolvers<LogWriter>();
  const written: string[] = [];
  let current: LogWriter | Promise<LogWriter> = writerThat(() => first.promise);
  const second = writerThat(async ({ headers }: LogRecord) => written.push(String(headers.ce_type)));
  const records = createEventRecords({ topic: 'events', eventSchemaId: 1, fenceSchemaId: 2, worker: 'w' });
  const recorder = createRecorder(
    { worker: 'w', records, recorded: () => undefined },
    { topic: 'commands', partition: 0 },
    () => current,
    () => undefined,
  );
  return {
    ...{ recorder, written },
    hold: () => {
      current = renewed.promise;
    },
    fence: () => first.reject(new FencedError('held back')),
    renew: () => renewed.resolve(second),
  };
}

test('an announcement that could not be written does not follow its outcome', async () => {
  const { recorder, written, hold, fence, renew } = renewedUnderneath();
  let runs = true;
  const announced = recorder.started(command, { offset: 0, startedAt: 1, runs: () => runs });
  hold();
  runs = false;
  const recorded = recorder.outcome({ kind: 'succeeded', result: '1' }, command, { offset: 0, startedAt: 1 });
  fence();
  renew();
  await Promise.all([announced, recorded]);
  expect(written).toEqual(['putlog.job.succeeded']);
});

test('an announcement of a job that still runs is written by the next writer', async () => {
  const { recorder, written, hold, fence, renew } = renewedUnderneath();
  const announced = recorder.started(command, { offset: 0, startedAt: 1, runs: () => true });
  hold();
  fence();
  renew();
  await announced;
  expect(written).toEqual(['putlog.job.started']);
});
