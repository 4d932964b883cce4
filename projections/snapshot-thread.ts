// The thread in which a worker has a snapshot built, so that its own event loop stays free for other jobs: connects, folds, says how far it
// is, and answers with what came of it. Any message to it ends it. Started by open-snapshots.ts.
import { parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../platform/config.ts';
import { createLogger } from '../platform/log.ts';
import { createMongo } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';
import type { Progress } from '../schemas/progress.ts';
import { NonRetryableError } from '../schemas/retry-errors.ts';
import type { SnapshotBuilt, SnapshotRequest } from '../schemas/snapshot.ts';
import { buildSnapshot } from './build-snapshot.ts';
import type { BuildProgress } from './build-tools.ts';
import { openHistoryLog } from './history-log.ts';

/** `retentions` by type, in milliseconds; undefined: for ever. */
export type SnapshotTask = {
  config: Config;
  retentions: ReadonlyMap<string, number | undefined>;
  request: SnapshotRequest;
};

/** What the thread says; the last is one of the latter two. */
export type SnapshotSaid =
  | { progress: Progress }
  | { built: SnapshotBuilt }
  | { failed: { message: string; final: boolean } };

/** Indexes of a large collection take their time (milliseconds). */
const patience = 3_600_000;
/** Says so often that it lives, also while MongoDB makes indexes (milliseconds). */
const aliveEvery = 5_000;

const progressOf = (progress: BuildProgress): Progress =>
  progress.step === 'reading'
    ? { current: progress.read, total: progress.of, message: 'reads the log' }
    : { message: 'makes its indexes' };

async function build({ config, retentions, request }: SnapshotTask, say: (said: SnapshotSaid) => void) {
  let stopped = false;
  parentPort?.once('message', () => {
    stopped = true;
  });
  const givenUp = () => stopped;
  const log = createLogger('snapshot', config.logLevel === 'info' ? 'warn' : config.logLevel);
  let last: Progress = { message: 'looks for the moment in the log' };
  const alive = setInterval(() => say({ progress: last }), aliveEvery);
  const tell = (progress: BuildProgress) => {
    last = progressOf(progress);
    say({ progress: last });
  };
  const mongo = createMongo(config.mongoUri, { socketTimeoutMs: patience });
  try {
    const history = await persist(() => openHistoryLog(config, log), { log, what: 'open the log', givenUp });
    try {
      const tools = { db: mongo.db, history, log, tell, retentionOf: (type: string) => retentions.get(type) };
      return await buildSnapshot(tools, request, givenUp);
    } finally {
      await history.close();
    }
  } finally {
    clearInterval(alive);
    await mongo.close();
  }
}

if (parentPort === null) throw new Error('this is not a program but a thread of the worker');
const port = parentPort;
const say = (said: SnapshotSaid) => port.postMessage(said);
build(workerData as SnapshotTask, say).then(
  (built) => say({ built }),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    say({ failed: { message, final: error instanceof NonRetryableError } });
  },
);
