// Invariant: what cannot begin holds up nothing that stands behind it in the log, however much it is; and whoever owns the partition next
// knows what is done and what is not, although that is more than a commit has room for.
import { expect, test } from 'vitest';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import { until } from '../test/stack/deadline.ts';
import { drive, useBench } from './drive.fixture.ts';
import type { Bench } from './partition.fixture.ts';
import type { RunnerTools } from './partition-runner.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});

async function own(replaced: Partial<RunnerTools>) {
  const driven = drive(bench, bench.tools(replaced));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}

const outcomes = async () =>
  (await bench.recorded()).flatMap((one) =>
    one.is === 'event' && one.event.kind === 'succeeded' ? [one.event.id] : [],
  );

test('behind a key with more calls than a commit has room for, the others run, and the next owner goes on', async () => {
  const ids = Array.from({ length: 4_000 }, (_, n) => `hot-${n}`);
  await Promise.all(ids.map((id) => bench.submit(id, { key: 'hot' })));
  await bench.submit('behind');
  const ran: string[] = [];
  // A call that does not come back, and keeps its key.
  const first = await own({
    call: (_, { id }) => {
      ran.push(id);
      return id === 'hot-0' ? new Promise(() => undefined) : Promise.resolve({ ok: true, result: 'null' });
    },
  });
  await until('what stands behind them', async () => ((await outcomes()).includes('behind') ? true : undefined));
  expect(ran).toEqual(['hot-0', 'behind']);
  const named = await until('a mark', async () => first.runner.checkpoint());
  const checkpoint = readCheckpoint(Number(named.offset), named.metadata);
  expect(checkpoint).toMatchObject({ offset: 0, next: 4_001, mark: { undone: 4_000 } });

  await bench.commit(0, checkpoint, named.metadata);
  await first.halt();
  const second = await own({ worker: 'w2' });
  const some = ids.slice(0, 300);
  const found = await until('the next of the key', async () => {
    const all = await outcomes();
    return all.includes('hot-299') ? all : undefined;
  });
  await second.halt();
  expect(found.slice(0, 301)).toEqual(['behind', ...some]);
});

test('where the mark is gone the events say what is done', async () => {
  await Promise.all(['a', 'b', 'c'].map((id) => bench.submit(id)));
  const first = await own({});
  await first.done(3);
  await first.halt();
  // As of an owner whose mark was deleted since.
  const lost = { offset: 0, next: 3, undone: [], eventsFrom: 99 };
  await bench.commit(0, lost, '3;99;3;;77;1');
  const second = await own({ worker: 'w2' });
  await second.done(3);
  expect((await outcomes()).toSorted()).toEqual(['a', 'b', 'c']);
});

test('tenants take turns: one call of somebody else does not wait for the thousands of one', async () => {
  const by = (who: string) => ({ options: JSON.stringify({ by: who }) });
  const ids = Array.from({ length: 3_000 }, (_, n) => `many-${n}`);
  await Promise.all(ids.map((id) => bench.submit(id, by('one'))));
  await bench.submit('few', by('other'));
  const ran: string[] = [];
  const driven = await own({
    call: async (_, { id }) => {
      ran.push(id);
      // Slow enough that not all of them are over before the last one is read.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { ok: true, result: 'null' };
    },
  });
  await driven.done(3_001, 60_000);
  expect(ran).toHaveLength(3_001);
  expect(ran.indexOf('few')).toBeLessThan(1_500);
});
