// The load of the fault suite: many clients that each wait for their answer, ask again where none came, repeat some calls
// on purpose and poll others. Everything they do and see is in the journal. The harness starts and ends it.
import { setTimeout as delay } from 'node:timers/promises';
import type { EventKind } from '../../schemas/event.ts';
import type { Call, Journal, PutAnswer } from './journal.ts';
import { createLoadClient } from './load-client.ts';
import { createPace } from './load-pace.ts';
import { createLoadPlan, type PlannedCall } from './load-plan.ts';

export type LoadOptions = {
  /** Base URLs of the APIs; each request goes to one of them by chance. */
  http: string | readonly string[];
  /** From 0 to 1. */
  random: () => number;
  journal: Journal;
  /** All calls in the normal lane; else each key has its lane. */
  oneLane?: boolean;
};

export type Load = ReturnType<typeof createLoad>;

/** A call of a scenario's own; `key` is its name unless told, `expects` success. */
export type OwnCall = Pick<Call, 'type' | 'id' | 'payload' | 'delay'> & {
  key?: string;
  expects?: readonly EventKind[];
};

type Begin = { perSecond?: number; connections?: number };

/** Share of calls that are sent again although they were acknowledged; of unknown ones that nobody asks again about. */
const repeats = 0.03;
const abandoned = 0.1;
const pollers = 4;
const maxConnections = 256;

export function createLoad({ http, random, journal, oneLane = false }: LoadOptions) {
  const client = createLoadClient({
    ...{ bases: typeof http === 'string' ? [http] : http, connections: maxConnections, random, oneLane },
  });
  const plan = createLoadPlan(random);
  /** Calls that were acknowledged last: what is repeated and polled. */
  const recent: Call[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  let begun: { ended: AbortController; done: Promise<unknown> } | undefined;
  /** PUTs that had been acknowledged before the first `begin`. */
  let before: number | undefined;
  const ackedSince = () => journal.counts.acked - (before ?? 0);

  async function send(call: Call): Promise<PutAnswer> {
    const attempt = journal.attempt(call);
    const answer = await client.put(call);
    journal.answered(attempt, answer);
    if (answer.outcome === 'acked') acknowledge(call);
    return answer;
  }

  function acknowledge(call: Call) {
    recent[recent.length < 500 ? recent.length : Math.floor(random() * 500)] = call;
    for (const one of waiting) if (ackedSince() >= one.count) one.resolve();
  }

  const oneOfTheLast = () => recent[Math.floor(random() * recent.length)];

  /** As a client that cares: it asks until it knows; a few give up. */
  async function sendUntilKnown(call: PlannedCall, ended: AbortSignal): Promise<void> {
    for (let tries = 0; ; tries++) {
      const { outcome, status } = await send(call);
      if (outcome === 'acked' || (outcome === 'rejected' && status !== 503)) return;
      if (ended.aborted || (outcome === 'unknown' && random() < abandoned)) return;
      await pause(Math.min(2_000, 100 * 2 ** tries) * (0.5 + random()), ended);
    }
  }

  async function connection(pace: () => number, ended: AbortSignal): Promise<void> {
    for (;;) {
      await pause(pace(), ended);
      if (ended.aborted) return;
      const known = random() < repeats ? oneOfTheLast() : undefined;
      if (known !== undefined) {
        await send(known);
        continue;
      }
      const call = plan.next();
      if (call === undefined) await pause(5, ended);
      else {
        await sendUntilKnown(call, ended);
        plan.release(call);
      }
    }
  }

  const polled = new Set<string>();

  async function poller(ended: AbortSignal): Promise<void> {
    for (; !ended.aborted; await pause(20, ended)) {
      const call = oneOfTheLast();
      const name = call && `${call.type}/${call.id}`;
      // Two readings of one job at once have no order.
      if (name === undefined || polled.has(name)) continue;
      polled.add(name);
      const reading = await client.get(name);
      if (reading !== undefined) journal.read(name, reading);
      polled.delete(name);
    }
  }

  return {
    journal,
    /** Sends in the background: at most `perSecond` new PUTs a second (300; Infinity: as fast as answers come). */
    begin({ perSecond = 300, connections = 64 }: Begin = {}): void {
      if (begun !== undefined) throw new Error('the load has begun already');
      const ended = new AbortController();
      const pace = createPace(perSecond, connections);
      const sending = Array.from({ length: connections }, () => connection(pace, ended.signal));
      const polling = Array.from({ length: pollers }, () => poller(ended.signal));
      const done = Promise.all([...sending, ...polling]);
      // Told by `end`; until then a fault of our own must not count as unhandled.
      done.catch(() => ended.abort());
      begun = { ended, done };
      before ??= journal.counts.acked;
    },

    /** Resolves once so many PUTs were acknowledged since the first `begin`. @throws Error after `ms` milliseconds */
    async acknowledged(count: number, ms = 120_000): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const one = { count: count, resolve };
      waiting.add(one);
      const deadline = setTimeout(
        () => reject(new Error(`${ackedSince()} PUTs were acknowledged within ${ms} ms, not ${count}`)),
        ms,
      );
      if (ackedSince() >= count) resolve();
      await promise.finally(() => {
        clearTimeout(deadline);
        waiting.delete(one);
      });
    },

    /** One PUT of a scenario's own, in the journal like all others. */
    put: ({ key, expects = ['succeeded'], ...call }: OwnCall): Promise<PutAnswer> =>
      send({ ...call, key: key ?? `${call.type}/${call.id}`, expects, number: null }),

    /** Sends nothing more, waits for the answers under way. @throws what went wrong in the load itself */
    async end(): Promise<void> {
      const ending = begun;
      begun = undefined;
      ending?.ended.abort();
      await ending?.done;
    },
    close: () => client.close(),
  };
}

async function pause(ms: number, ended: AbortSignal): Promise<void> {
  if (ms <= 0 || ended.aborted) return;
  await delay(ms, undefined, { signal: ended }).catch((error: unknown) => {
    if (!ended.aborted) throw error;
  });
}
