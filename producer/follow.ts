// Follows a job, or many, on a stream. A job is told from its first event, or from behind the last one that the client has heard, to its
// last: what the log holds, then what comes, without a gap and none twice, because both are the same offsets of one partition.
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type JobDocument } from '../schemas/job-status.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { EventFilter, EventHub, Listening } from './event-hub.ts';
import type { JobHistory } from './job-history.ts';
import type { Stream } from './streams.ts';
import type { LastHeard, ToldEvent } from './told-event.ts';

export type Follow = ReturnType<typeof createFollow>;

/** Called once there is something to tell; whatever goes wrong before is thrown. */
export type OpenStream = () => Stream;

/** How long to wait for the log before the answer is a problem instead (milliseconds). */
const patienceMs = 5_000;
/** What a client is told then, whose Last-Event-ID says where to go on. */
const interrupted = 'the log cannot be read on for the moment; connect again to go on';
/** Events that wait while those before them are read. */
const maxWaiting = 10_000;

export function createFollow({ hub, history }: { hub: EventHub; history: JobHistory }) {
  async function listenedTo(listening: Listening) {
    const unreadable = async () => {
      await delay(patienceMs, undefined, { ref: false });
      throw new PutlogError('log-unreadable', 'The events cannot be followed right now. Try again in a few seconds.', {
        retryAfter: 2,
      });
    };
    await Promise.race([listening.ready, unreadable()]);
  }

  return {
    /** Until its end, or the client's. @throws PutlogError log-unreadable, before the stream is open */
    async job(job: JobDocument, heard: LastHeard | undefined, open: OpenStream): Promise<void> {
      let { generation } = job;
      let sent = -1;
      let hear: (told: ToldEvent) => void = (told) => void waiting.push(told);
      const waiting: ToldEvent[] = [];
      const listening = isTerminal(job.state) ? undefined : hub.listen(job._id, (told) => hear(told));
      try {
        if (listening !== undefined) await listenedTo(listening);
        const end = await history.endOf(job);
        // Of another log, where it says of what is not there yet.
        if (heard !== undefined && heard.offset < end) sent = heard.offset;
        const stream = open();
        stream.gone.addEventListener('abort', () => listening?.end(), { once: true });
        if (stream.gone.aborted) return listening?.end();

        const tell = (told: ToldEvent) => {
          const { offset } = told.position;
          if (offset <= sent) return;
          sent = offset;
          generation = Math.max(generation, told.event.generation);
          stream.write(told.frame());
          if (told.terminal && told.event.generation === generation) stream.end('that was the end of the job');
        };
        try {
          const from = sent === -1 ? undefined : sent + 1;
          for await (const told of history.read(job, { from, end, gone: stream.gone })) {
            tell(told);
            await stream.drained();
            if (stream.gone.aborted) return;
            if (waiting.length > maxWaiting) return stream.end('too much happens meanwhile; connect again to go on');
          }
        } catch (error) {
          stream.end(interrupted);
          if (!(error instanceof PutlogError)) throw error;
          return;
        }
        hear = tell;
        for (const told of waiting.splice(0)) tell(told);
        if (listening === undefined) stream.end('the log holds no more of it');
      } catch (error) {
        listening?.end();
        throw error;
      }
    },

    /** What happens from now on, until the client goes. @throws PutlogError log-unreadable, before the stream is open */
    async many(filter: EventFilter, open: OpenStream): Promise<void> {
      let stream: Stream | undefined;
      const listening = hub.listenToAll(filter, (told) => stream?.write(told.frame()));
      try {
        await listenedTo(listening);
        stream = open();
      } catch (error) {
        listening.end();
        throw error;
      }
      if (stream.gone.aborted) listening.end();
      else stream.gone.addEventListener('abort', listening.end, { once: true });
    },
  };
}
