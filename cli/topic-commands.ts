// `putlog topics check | create`: whether the topics are as the configuration wants them, and making those that lack.

import type { TopicState } from '../platform/topics.ts';
import { jsonOption } from './api.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';
import { type Cell, table } from './table.ts';
import type { Within } from './within.ts';

type Options = { json?: true };

async function openTopics(terminal: Within['terminal']) {
  const [{ kafkaConfig, quietLog }, { createKafka }, { kafkaSecurity }, { loadConfiguredJobs }, { topicSpecs }] =
    await Promise.all([
      import('./kafka-config.ts'),
      import('../platform/kafka.ts'),
      import('../platform/kafka-security.ts'),
      import('../platform/load-jobs.ts'),
      import('../platform/topic-specs.ts'),
    ]);
  const { config } = await kafkaConfig(terminal);
  const log = quietLog('topics');
  const address = { brokers: config.kafkaBrokers, clientId: `putlog-topics-${process.pid}`, log };
  const kafka = createKafka({ ...address, security: kafkaSecurity(config) });
  return { config, log, kafka, specs: topicSpecs(config, await loadConfiguredJobs(config.jobs)) };
}

const retentionText = (settings: Readonly<Record<string, string>> | undefined): string => {
  if (settings?.['cleanup.policy'] === 'compact') return 'compacted';
  const ms = Number(settings?.['retention.ms'] ?? Number.NaN);
  if (Number.isNaN(ms)) return '?';
  return ms < 0 ? 'for ever' : spanText(ms);
};

function rowOf({ topic, found, differing }: TopicState): Cell[] {
  if (found === undefined) return [topic, '', '', '', '', '', { text: 'missing', style: 'red' }];
  const { partitions, replication, settings } = found;
  const state: Cell =
    differing.length === 0 ? { text: 'as wanted', style: 'green' } : { text: differing.join('; '), style: 'red' };
  return [
    ...[topic, partitions, replication, settings['min.insync.replicas'], settings['unclean.leader.election.enable']],
    ...[retentionText(settings), state],
  ];
}

const head = ['TOPIC', 'PARTITIONS', 'REPLICAS', 'MIN ISR', 'UNCLEAN', 'RETENTION', 'STATE'];

export function addTopics({ parent, terminal, examples }: Within): void {
  const topics = parent
    .command('topics')
    .description('checks and makes the topics (KAFKA_BROKERS, and the settings of the services)');
  const { colours, columns, out } = terminal;

  function tell(states: readonly TopicState[], { json }: Options): void {
    if (json)
      for (const { topic, found, differing } of states)
        out(jsonText({ topic, missing: found === undefined, differing, ...found }));
    else
      for (const line of table(head, states.map(rowOf), { colours, columns: columns(), right: [1, 2, 3] })) out(line);
  }

  const check = topics
    .command('check')
    .description('compares each topic with what the configuration wants; a difference ends it with 1')
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { config, log, kafka, specs } = await openTopics(terminal);
      const [{ compareTopics }, { readDurability }] = await Promise.all([
        import('../platform/topics.ts'),
        import('../platform/durability.ts'),
      ]);
      const states = await compareTopics(kafka, specs);
      tell(states, options);
      const there = states.filter(({ found }) => found !== undefined).map(({ topic }) => topic);
      const { refused, weak } =
        there.length === 0 ? { refused: [], weak: [] } : await readDurability(kafka, there, config, log);
      if (options.json) out(jsonText({ refused, weak }));
      else
        for (const line of [...refused, ...weak]) out(`${refused.includes(line) ? 'refused' : 'weak'}: ${shown(line)}`);
      const wrong = states.some(({ found, differing }) => found === undefined || differing.length > 0);
      if (wrong || refused.length > 0) terminal.endWith(1);
    });
  examples.give(
    check,
    ['putlog topics check', 'with the settings of the services in the environment'],
    ['KAFKA_BROKERS=broker:9092 PUTLOG_REPLICATION=3 putlog topics check --json', 'a line of JSON for each'],
  );

  const create = topics
    .command('create')
    .description('makes those that lack; what is there is left as it is')
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { log, kafka, specs } = await openTopics(terminal);
      const { compareTopics, ensureTopics } = await import('../platform/topics.ts');
      const before = await compareTopics(kafka, specs);
      const missing = new Set(before.filter(({ found }) => found === undefined).map(({ topic }) => topic));
      if (missing.size > 0) await ensureTopics(kafka, specs, log);
      const made = (await compareTopics(kafka, specs)).filter(({ topic }) => missing.has(topic));
      if (made.length > 0 || options.json) tell(made, options);
      else out('nothing lacks');
    });
  examples.give(create, ['KAFKA_BROKERS=broker:9092 putlog topics create', 'before the first service starts']);
  examples.give(
    topics,
    ['putlog topics check', 'are they as wanted?'],
    ['putlog topics create', 'make those that lack'],
  );
}
