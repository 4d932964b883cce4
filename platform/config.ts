// Configuration: one table of settings, read from the environment once at start, every problem listed at once.
// The table in the README is generated from `settings`; nothing else reads these variables.
import { resolve } from 'node:path';
import { mongoUriOf, securityProblems, securitySettings } from './config-security.ts';
import { choice, integer, matching, optional, type Setting, secret, text } from './setting-kinds.ts';

const hostPorts = /^[\w.-]+:\d{1,5}(,[\w.-]+:\d{1,5})*$/;
const day = 86_400_000;

/** Every setting: the variable, its default (`undefined`: required) and what it does. Times are in milliseconds, sizes in bytes. */
export const settings = {
  kafkaBrokers: matching(
    'KAFKA_BROKERS',
    undefined,
    hostPorts,
    'host:port, separated by commas',
    'Kafka brokers to begin with',
  ),
  registryUrl: matching(
    'SCHEMA_REGISTRY_URL',
    undefined,
    /^https?:\/\/\S+$/,
    'an http(s) URL',
    'Confluent-compatible schema registry; may hold a name and a password',
  ),
  mongoUri: matching(
    'MONGODB_URI',
    undefined,
    /^mongodb(\+srv)?:\/\/\S+$/,
    'a mongodb:// URI',
    'MongoDB replica set; the path names the database',
  ),
  host: text('PUTLOG_HOST', '127.0.0.1', 'address the API listens on'),
  port: integer('PUTLOG_PORT', 3000, 0, 65_535, 'port the API listens on; 0 picks a free one'),
  healthPort: integer(
    'PUTLOG_HEALTH_PORT',
    0,
    0,
    65_535,
    'port of /livez, /readyz and /metrics of worker and projector; 0 turns it off',
  ),
  prefix: matching(
    'PUTLOG_PREFIX',
    'putlog',
    /^[a-z][a-z0-9-]{0,40}$/,
    'lower-case letters, digits and -',
    'begins the names of topics, consumer groups and producer identities',
  ),
  jobs: text('PUTLOG_JOBS', '', 'folder of your own job types, beside the built-in ones'),
  projections: text('PUTLOG_PROJECTIONS', '', 'folder of your own projections (docs/projections.md)'),
  partitions: integer('PUTLOG_PARTITIONS', 8, 1, 1024, 'partitions of each topic, fixed when it is created'),
  replication: integer(
    'PUTLOG_REPLICATION',
    1,
    1,
    9,
    'replicas of each topic, when it is created; from 3 on with min.insync.replicas=2',
  ),
  requireMinIsr: optional(
    integer(
      'PUTLOG_REQUIRE_MIN_ISR',
      0,
      0,
      9,
      'least min.insync.replicas of each topic, else nothing starts; 0: one copy is enough, no warning',
    ),
  ),
  commandRetentionMs: integer(
    'PUTLOG_COMMAND_RETENTION_MS',
    30 * day,
    -1,
    Number.MAX_SAFE_INTEGER,
    'how long commands are kept; -1 for ever',
  ),
  eventRetentionMs: integer(
    'PUTLOG_EVENT_RETENTION_MS',
    -1,
    -1,
    Number.MAX_SAFE_INTEGER,
    'how long events are kept; -1 for ever',
  ),
  concurrency: integer(
    'PUTLOG_CONCURRENCY',
    100,
    1,
    100_000,
    'jobs that run at once in a worker, per partition of a queue',
  ),
  threads: integer('PUTLOG_THREADS', 2, 1, 256, 'worker threads for job types that compute'),
  sessionTimeoutMs: integer(
    'PUTLOG_SESSION_TIMEOUT_MS',
    10_000,
    6_000,
    300_000,
    'a worker or projector silent for so long loses its partitions',
  ),
  renewIdentityMs: integer(
    'PUTLOG_RENEW_IDENTITY_MS',
    3_600_000,
    1_000,
    43_200_000,
    'how often a worker renews the identity of each partition; Kafka’s expirations must be much longer',
  ),
  drainMs: integer('PUTLOG_DRAIN_MS', 10_000, 0, 3_600_000, 'how long a stopping process waits for what it has begun'),
  acceptMs: integer(
    'PUTLOG_ACCEPT_MS',
    5_000,
    100,
    60_000,
    'a PUT that the log has not acknowledged by then is answered 503',
  ),
  catchUpMs: integer(
    'PUTLOG_CATCH_UP_MS',
    2_000,
    0,
    60_000,
    'how long a GET waits for the read model before it answers 503',
  ),
  maxWaitMs: integer('PUTLOG_MAX_WAIT_MS', 30_000, 0, 600_000, 'how long `Prefer: wait` may hold an answer back'),
  dedupMs: integer('PUTLOG_DEDUP_MS', 7 * day, 60_000, 365 * day, 'how long a claim on (type, id) is remembered'),
  statisticsMinutesMs: integer(
    'PUTLOG_STATISTICS_MINUTES_MS',
    3 * day,
    7_200_000,
    366 * day,
    'how long statistics are kept by the minute; by the hour and the day for ever',
  ),
  maxPayloadBytes: integer('PUTLOG_MAX_PAYLOAD_BYTES', 262_144, 1_024, 900_000, 'largest payload and largest result'),
  maxBlobBytes: integer('PUTLOG_MAX_BLOB_BYTES', 104_857_600, 1_024, Number.MAX_SAFE_INTEGER, 'largest blob'),
  bodyTimeoutMs: integer(
    'PUTLOG_BODY_TIMEOUT_MS',
    10_000,
    100,
    600_000,
    'a request, or a line of many, not here by then is answered 408; ten times as long for a blob',
  ),
  allowPrivateAddresses: choice(
    'PUTLOG_ALLOW_PRIVATE_ADDRESSES',
    'no',
    ['no', 'yes'],
    'whether jobs that fetch a URL of their payload may reach private, loopback and link-local addresses',
  ),
  webhookSecret: secret(
    optional(
      matching(
        'PUTLOG_WEBHOOK_SECRET',
        '',
        /^whsec_[A-Za-z0-9+/]{32,88}={0,2}(,whsec_[A-Za-z0-9+/]{32,88}={0,2})*$/,
        'whsec_ and 24 to 64 bytes in base64; more than one while they rotate, separated by commas',
        'signs what callbacks are told (Standard Webhooks); without it there are none',
      ),
    ),
  ),
  smtpUrl: secret(
    optional(
      matching(
        'PUTLOG_SMTP_URL',
        '',
        /^smtps?:\/\/\S+$/,
        'an smtp:// or smtps:// URL',
        'mail server that sends notifications; without it there are none',
      ),
    ),
  ),
  mailFrom: optional(
    matching('PUTLOG_MAIL_FROM', '', /^[^\r\n]*@[^\r\n]+$/, 'a mail address', 'who notifications are from'),
  ),
  ...securitySettings,
  logLevel: choice(
    'PUTLOG_LOG_LEVEL',
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    'least level that is logged',
  ),
} satisfies Record<string, Setting<unknown>>;

export type Config = { readonly [K in keyof typeof settings]: ReturnType<(typeof settings)[K]['parse']> };

/** All that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(
      `${problems.length === 1 ? 'a setting is' : `${problems.length} settings are`} wrong:\n  ${problems.join('\n  ')}`,
    );
    this.name = 'ConfigError';
  }
}

/** @throws ConfigError that names every variable that is missing or malformed. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = Object.entries(settings).map(([name, setting]) => {
    const value = env[setting.env] || setting.fallback;
    if (value === undefined) problems.push(`${setting.env} is not set: ${setting.about}`);
    try {
      return [name, value === undefined ? undefined : setting.parse(value)];
    } catch (error) {
      const shown = 'secret' in setting ? '' : `="${value}"`;
      problems.push(`${setting.env}${shown} ${error instanceof Error ? error.message : error} (${setting.about})`);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const config = Object.fromEntries(entries) as Config;
  const amiss = securityProblems(config);
  if (amiss.length > 0) throw new ConfigError(amiss);
  const folders = {
    jobs: config.jobs && resolve(config.jobs),
    projections: config.projections && resolve(config.projections),
  };
  return { ...config, mongoUri: mongoUriOf(config), ...folders };
}
