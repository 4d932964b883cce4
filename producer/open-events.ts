// All that tells clients of this process what happens in the log: who waits for the end of a job, who follows one, who follows many.
// main.ts opens it beside what accepts and reads.
import { createCluster } from '../platform/cluster.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { PreparedLog } from '../platform/prepare-log.ts';
import { createEventHub } from './event-hub.ts';
import { createOpenEventTail } from './event-tail.ts';
import { createFollow } from './follow.ts';
import type { HeardJobs } from './heard-jobs.ts';
import { createJobAt } from './job-at.ts';
import { createJobHistory } from './job-history.ts';
import type { LookUp } from './look-up.ts';
import { createStreams } from './streams.ts';
import { createWaiting } from './waiting.ts';

export type OpenEventsOptions = {
  connection: Parameters<typeof createCluster>[0];
  prepared: Pick<PreparedLog, 'eventsTopic' | 'commandTopics' | 'readEvent' | 'readCommand'>;
  heard: HeardJobs;
  lookUp: LookUp;
  metrics: Pick<Metrics, 'gauge'>;
  /** The longest that anybody waits (milliseconds). */
  maxWaitMs: number;
};

export function openEvents({ connection, prepared, heard, lookUp, metrics, maxWaitMs }: OpenEventsOptions) {
  const { log } = connection;
  const events = { topic: prepared.eventsTopic, readEvent: prepared.readEvent, log };
  const hub = createEventHub({ ...events, hear: heard.hear, openTail: createOpenEventTail({ connection, ...events }) });
  const cluster = createCluster({ ...connection, clientId: `${connection.clientId}-history` });
  const history = createJobHistory({ ...events, cluster });
  const waiting = createWaiting({ hub, lookUp, maxWaitMs });
  const streams = createStreams();
  metrics.gauge('waiting_requests', 'Requests that wait for the end of a job', () => waiting.count);
  metrics.gauge('event_streams', 'Clients that follow a job, or many', () => streams.count);
  return {
    waiting,
    events: {
      ...{ history, follow: createFollow({ hub, history }), streams },
      jobAt: createJobAt({ ...prepared, history, cluster }),
    },
    /** Once nobody is told anything any more. */
    close: () => Promise.all([hub.close(), cluster.close()]),
  };
}
