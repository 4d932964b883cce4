// Invariant: what follows an end is appended, whoever dies in between: until it is, a checkpoint lets the next owner derive it again.
import { expect, test } from 'vitest';
import { callOptionsText } from '../schemas/call-options.ts';
import { readCheckpoint } from '../schemas/checkpoint.ts';
import type { JobEvent } from '../schemas/event.ts';
import { until } from '../test/stack/deadline.ts';
import { type Driven, drive, useBench } from './drive.fixture.ts';
import type { Follow } from './follow.ts';
import type { Bench } from './partition.fixture.ts';

let bench: Bench;
const drives = useBench((opened) => {
  bench = opened;
});
const options = callOptionsText({ next: [{ type: 'test.job', id: 'next' }] });

async function own(follow: Follow): Promise<Driven> {
  const driven = drive(bench, bench.tools({ follow }));
  drives.push(driven);
  await driven.runner.start();
  return driven;
}
const checkpointOf = ({ runner }: Driven) => {
  const { offset, metadata } = runner.checkpoint() ?? {};
  return readCheckpoint(Number(offset), String(metadata));
};
/** Once what came before the takeover holds it back no more. */
const checkpointFrom = (one: Driven, id: string) =>
  until(`a checkpoint from ${id} on`, async () => {
    const checkpoint = checkpointOf(one);
    return checkpoint.eventsFrom >= (await offsetOf(id)) ? checkpoint : undefined;
  });
const offsetOf = async (id: string) => {
  const found = (await bench.recorded()).find((one) => one.is === 'event' && one.event.id === id);
  return found?.offset ?? -1;
};
const idsOf = (events: readonly JobEvent[]) => events.map(({ id }) => id);

test('the checkpoint stays before an end until all that follows it is in the log; the next owner derives from there', async () => {
  const held = Promise.withResolvers<void>();
  const first: JobEvent[] = [];
  const one = await own((event) => {
    first.push(event);
    return event.id === 'held' ? held.promise : event.id === 'quick' ? Promise.resolve() : undefined;
  });
  for (const id of ['quick', 'held', 'plain']) await bench.submit(id, { options, key: 'k' });
  await one.done(3);
  expect(idsOf(first)).toEqual(['quick', 'held', 'plain']);
  const checkpoint = await checkpointFrom(one, 'held');
  expect(checkpoint).toMatchObject({ offset: 3, eventsFrom: await offsetOf('held') });
  await one.stop();
  await bench.commit(0, checkpoint);

  const again: JobEvent[] = [];
  const two = await own((event) => {
    again.push(event);
    return Promise.resolve();
  });
  await until('what may be missing is derived', async () => again.length >= 2 || undefined);
  await bench.submit('last', { options });
  await two.done(4);
  await until('the last one', async () => again.length >= 3 || undefined);
  expect(idsOf(again)).toEqual(['held', 'plain', 'last']);
  await until('nothing is held', async () => {
    const { eventsFrom } = checkpointOf(two);
    return eventsFrom > (await offsetOf('last')) || undefined;
  });
  held.resolve();
});

test('a place whose timers MongoDB knows nothing of: timers are looked for from the first event on, ends only from the checkpoint', async () => {
  const one = await own(() => undefined);
  for (const id of ['old', 'older']) await bench.submit(id, { options });
  await one.done(2);
  const last = await offsetOf('older');
  const checkpoint = await checkpointFrom(one, 'older');
  expect(checkpoint.eventsFrom).toBe(last + 1);
  await one.stop();
  await bench.commit(0, checkpoint);
  await bench.db.dropCollection('timer_places');
  const again: JobEvent[] = [];
  const two = await own((event) => {
    again.push(event);
    return undefined;
  });
  await until('the place is known', async () => (await bench.timers.hasPlace(`${bench.topic}/0`)) || undefined);
  await bench.submit('new', { options });
  await two.done(3);
  expect(idsOf(again)).toEqual(['new']);
});
