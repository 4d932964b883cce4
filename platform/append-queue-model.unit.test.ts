import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PutlogError } from '../schemas/problem.ts';
import { createAppendQueue, type SequencedBatch } from './append-queue.ts';

/** What can happen to a queue: the log writer's calls, and every way in which a request can end. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('push'), count: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send') }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('stored') }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('lost before', 'lost behind', 'refused') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('expire', 'restart') }) },
  ),
  { maxLength: 60 },
);

/** Kafka's rule for one partition: a producer's next sequence, or exactly its last batch again. */
function createBroker(first: number) {
  const log: number[] = [];
  const last = new Map<number, { firstSequence: number; next: number; offset: number; size: number }>();
  return {
    log,
    append(producer: number, { firstSequence, messages }: SequencedBatch): number {
      const known = last.get(producer) ?? { firstSequence: -1, next: producer === 0 ? first : 0, offset: 0, size: 0 };
      const again = firstSequence === known.firstSequence && messages.length === known.size;
      if (again) return known.offset;
      if (firstSequence !== known.next) throw new Error(`sequence ${firstSequence}, not ${known.next}`);
      const offset = log.length;
      for (const { value } of messages) log.push(value.readUInt32BE());
      const next = (firstSequence + messages.length) % 2 ** 31;
      last.set(producer, { firstSequence, next, offset, size: messages.length });
      return offset;
    },
  };
}

function play(all: { kind: string; count?: number }[], first: number) {
  const broker = createBroker(first);
  const told: (number | string | undefined)[] = [];
  const freed = { records: 0, bytes: 0 };
  let pushedBytes = 0;
  let producer = 0;
  let now = 0;
  let sent: { batch: SequencedBatch; producer: number } | undefined;
  const queue = createAppendQueue(
    't',
    0,
    (records, bytes) => {
      freed.records += records;
      freed.bytes += bytes;
    },
    first,
  );

  function tell(id: number, what: number | string) {
    told[id] ??= what;
  }
  function push() {
    const id = told.push(undefined) - 1;
    const value = Buffer.alloc(4);
    value.writeUInt32BE(id);
    const bytes = 1 + (id % 7) * 100_000;
    pushedBytes += bytes;
    queue.push({
      message: { key: Buffer.alloc(0), value, headers: {}, timestamp: 0 },
      ...{ bytes, alone: false, expiresAt: id % 3 === 0 ? now + 2 : Number.POSITIVE_INFINITY },
      resolve: (offset) => tell(id, offset),
      reject: (error) => tell(id, error instanceof PutlogError ? error.code : 'another error'),
    });
  }
  const begin = () => {
    const batch = sent === undefined ? queue.take() : undefined;
    if (batch === undefined) return;
    sent = { batch, producer };
    queue.inFlight = true;
  };
  function end(how: string) {
    if (sent === undefined) return;
    const { batch, producer: sender } = sent;
    sent = undefined;
    // What was refused once may be let in the next time (a limit was raised); what may be stored is not refused.
    if (how === 'refused' && !queue.isUncertain) {
      queue.inFlight = false;
      if (sender === producer) queue.refused(new PutlogError('record-too-large', 'refused'));
      return;
    }
    const offset = how === 'lost before' || how === 'refused' ? undefined : broker.append(sender, batch);
    queue.inFlight = false;
    if (sender !== producer) return;
    if (how === 'stored' && offset !== undefined) queue.stored(offset);
    else queue.uncertain();
  }
  for (const { kind, count = 0 } of all) {
    now++;
    if (kind === 'push') for (let i = 0; i < count; i++) push();
    else if (kind === 'send') begin();
    else if (kind === 'expire') queue.expire(now);
    else if (kind === 'restart') {
      producer++;
      queue.restart();
    } else end(kind);
  }
  for (end('stored'); !queue.idle; end('stored')) begin();
  return { log: broker.log, told, freed, pushedBytes };
}

test.each([0, 2 ** 31 - 20])('each record settles once and truly, sequences are contiguous from %i on', (first) => {
  fc.assert(
    fc.property(steps, (all) => {
      const { log, told, freed, pushedBytes } = play(all, first);
      expect(new Set(log).size, 'assertNoDuplicateIds').toBe(log.length);
      expect(freed, 'all room comes back, once').toEqual({ records: told.length, bytes: pushedBytes });
      for (const [id, what] of told.entries()) {
        if (typeof what === 'number') expect(log[what], 'acknowledged: at its offset').toBe(id);
        else if (what === 'log-unavailable' || what === 'record-too-large')
          expect(log.includes(id), `${what}: not in the log`).toBe(false);
        else expect(what).toBe('outcome-unknown');
      }
      expect(log, 'in the order of the appends').toEqual(log.toSorted((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});
