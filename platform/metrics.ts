// Metrics of one process (Prometheus): its own registry, Node's standard metrics under their standard names, and ours with
// `putlog_` in front. Others get named functions and never see the client. Made once by each main, read by /metrics.
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const counts = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];

type Observer = ReturnType<Histogram['labels']>;

export type Metrics = ReturnType<typeof createMetrics>;

/** @param service label `service` of every sample: api, worker or projector. Durations are in seconds. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  const requests = new Histogram({
    name: 'putlog_http_request_duration_seconds',
    help: 'From the request’s header fields to the end of the answer',
    labelNames: ['route', 'method', 'status'],
    buckets: seconds,
    registers,
  });
  const appends = new Histogram({
    name: 'putlog_append_duration_seconds',
    help: 'From handing a batch to the log to its acknowledgement',
    labelNames: ['topic'],
    buckets: seconds,
    registers,
  });
  const appendSizes = new Histogram({
    name: 'putlog_append_records',
    help: 'Records in a batch',
    labelNames: ['topic'],
    buckets: counts,
    registers,
  });
  const jobs = new Histogram({
    name: 'putlog_job_duration_seconds',
    help: 'How long functions ran, by how it ended',
    labelNames: ['type', 'outcome'],
    buckets: seconds,
    registers,
  });
  const flushes = new Histogram({
    name: 'putlog_projection_flush_duration_seconds',
    help: 'From the first write of a flush to its checkpoint',
    buckets: seconds,
    registers,
  });
  const flushSizes = new Histogram({
    name: 'putlog_projection_flush_records',
    help: 'Records that a flush applied',
    buckets: counts,
    registers,
  });

  /** Kept, since the client looks labels up by all their names and values. */
  const observers = new Map<string, Map<string, Observer>>();
  function observerOf(type: string, outcome: string): Observer {
    const ofType = observers.get(type);
    const known = ofType?.get(outcome);
    if (known !== undefined) return known;
    const observer = jobs.labels(type, outcome);
    observers.set(type, new Map(ofType).set(outcome, observer));
    return observer;
  }

  return {
    /** `route` is the pattern, never the address, so that the number of series stays small. */
    httpRequest: (route: string, method: string, status: number, duration: number) =>
      requests.observe({ route, method, status }, duration),
    batchAppended(topic: string, records: number, duration: number) {
      appends.observe({ topic }, duration);
      appendSizes.observe({ topic }, records);
    },
    jobFinished: (type: string, outcome: string, duration: number) => observerOf(type, outcome).observe(duration),
    flushed(records: number, duration: number) {
      flushes.observe(duration);
      flushSizes.observe(records);
    },
    /**
     * A value that is read when it is asked for, such as what waits in a queue.
     * @param name without `putlog_`. @param read throws nothing and does not block.
     */
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name: `putlog_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    contentType: registry.contentType,
    /** The text that Prometheus scrapes. */
    text: () => registry.metrics(),
  };
}
