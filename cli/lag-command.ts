// `putlog lag`: how far workers and projector are behind the log.

import type { PartitionLag } from '../platform/lag.ts';
import { jsonOption } from './api.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';
import { type Cell, table } from './table.ts';
import type { Within } from './within.ts';

type Options = { all?: true; json?: true };

const sum = (lags: readonly PartitionLag[], of: (lag: PartitionLag) => number | null): number | undefined => {
  const known = lags.map(of).filter((one) => one !== null);
  return known.length === 0 ? undefined : known.reduce((all, one) => all + one, 0);
};

const isBehind = ({ workers, projector }: PartitionLag) => (workers ?? 0) > 0 || (projector ?? 0) > 0;

function rowOf(place: string, lags: readonly PartitionLag[], now: number): Cell[] {
  const [first] = lags;
  const oldest = lags.flatMap(({ oldestAt }) => oldestAt ?? []);
  return [
    ...[first?.queue ?? '(events)', first?.lane ?? '', place],
    ...[sum(lags, ({ end }) => end), sum(lags, ({ workers }) => workers)],
    oldest.length === 0 ? undefined : spanText(now - Math.min(...oldest)),
    sum(lags, ({ projector }) => projector),
  ];
}

/** A row for each lane of each queue, and for the events; below it the partitions that are behind, or all. */
export function lagRows(lags: readonly PartitionLag[], all: boolean, now: number): Cell[][] {
  return [...Map.groupBy(lags, ({ topic }) => topic).values()].flatMap((ofTopic) => [
    rowOf('all', ofTopic, now),
    ...ofTopic.filter((lag) => all || isBehind(lag)).map((lag) => rowOf(String(lag.partition), [lag], now)),
  ]);
}

const head = ['QUEUE', 'LANE', 'PARTITION', 'END', 'WORKERS', 'OLDEST', 'PROJECTOR'];
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

export function addLag({ parent, terminal, examples }: Within): void {
  const command = parent
    .command('lag')
    .description('shows how far workers and projector are behind the log (KAFKA_BROKERS, MONGODB_URI)')
    .option('--all', 'also the partitions in which nothing waits')
    .addOption(jsonOption())
    .action(async ({ all, json }: Options) => {
      const [{ kafkaConfig, quietLog }, { openLag, projectorCheckpoints }, { createMongo }] = await Promise.all([
        import('./kafka-config.ts'),
        import('../platform/lag.ts'),
        import('../platform/mongo.ts'),
      ]);
      const { config, hasMongodb } = await kafkaConfig(terminal);
      const lag = await openLag(config, quietLog('lag'));
      const mongo = createMongo(config.mongoUri);
      try {
        const missed: unknown[] = [];
        const unknown = (error: unknown) => void missed.push(error);
        // Before the ends of the log: what comes in between counts as not taken, never the other way round.
        const checkpoints = hasMongodb ? await projectorCheckpoints(mongo.db, lag.topics).catch(unknown) : undefined;
        const lags = await lag.read(checkpoints ?? undefined);
        if (json) for (const one of lags) terminal.out(jsonText({ ...one, oldestAt: iso(one.oldestAt) }));
        else
          for (const line of table(head, lagRows(lags, all === true, Date.now()), {
            ...{ colours: terminal.colours, columns: terminal.columns(), right: [2, 3, 4, 5, 6] },
          }))
            terminal.out(line);
        if (!hasMongodb) terminal.err('MONGODB_URI is not given: how far the projector is, it alone knows');
        for (const error of missed) {
          terminal.err(`MongoDB does not say how far the projector is: ${shown(String(error))}`);
          terminal.endWith(3);
        }
      } finally {
        await Promise.all([lag.close(), mongo.close()]);
      }
    });
  examples.give(
    command,
    ['putlog lag', 'where something waits; in the folder of a putlog start, of that'],
    ['KAFKA_BROKERS=broker:9092 MONGODB_URI=mongodb://mongo/putlog putlog lag --all --json', 'each partition'],
  );
}
