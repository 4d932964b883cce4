// Settings of who may, how much, and over what connection: a part of the table of config.ts, and which of them go together.
import { type Rate, rateRule, readRate } from '../schemas/rate.ts';
import { masterKeys } from './master-keys.ts';
import { choice, integer, matching, optional, type Setting, secret, text } from './setting-kinds.ts';

const url = /^https?:\/\/\S+$/;
const origins = /^https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*$/;

const rate = (env: string, about: string): Setting<Rate> => ({
  ...{ env, about, fallback: '' },
  parse(value) {
    const found = readRate(value);
    if (found === undefined) throw new Error(`must be ${rateRule}`);
    return found;
  },
});

export const securitySettings = {
  anonymous: choice(
    'PUTLOG_ANONYMOUS',
    'no',
    ['no', 'yes'],
    'without keys and tokens: whether whoever reaches the API may do everything; no: it must listen on loopback',
  ),
  jwksUrl: optional(
    matching('PUTLOG_JWKS_URL', '', url, 'an http(s) URL', 'keys that sign tokens (JWT); none: no tokens are taken'),
  ),
  jwtIssuer: optional(text('PUTLOG_JWT_ISSUER', '', 'who must have issued a token (iss)')),
  jwtAudience: optional(text('PUTLOG_JWT_AUDIENCE', '', 'for whom a token must be (aud)')),
  rateLimit: optional(
    rate('PUTLOG_RATE_LIMIT', 'requests of one caller at each api process, such as 100/60s; a key may have its own'),
  ),
  maxQueueDepth: optional(
    integer(
      'PUTLOG_MAX_QUEUE_DEPTH',
      0,
      1,
      Number.MAX_SAFE_INTEGER,
      'commands without an outcome in a queue, from which on it takes no more',
    ),
  ),
  corsOrigins: optional(
    matching(
      'PUTLOG_CORS_ORIGINS',
      '',
      origins,
      'origins such as https://example.com, separated by commas',
      'origins whose pages may call the API',
    ),
  ),
  accessLog: choice('PUTLOG_ACCESS_LOG', 'no', ['no', 'yes'], 'whether each request is logged, in a line'),
  tlsCert: text('PUTLOG_TLS_CERT', '', 'file of the certificate chain (PEM) that the API speaks HTTPS with'),
  tlsKey: text('PUTLOG_TLS_KEY', '', 'file of its private key (PEM)'),
  kafkaTls: choice('KAFKA_TLS', 'no', ['no', 'yes'], 'whether Kafka is spoken to over TLS'),
  kafkaTlsCa: text('KAFKA_TLS_CA', '', 'file of the authorities (PEM) that Kafka’s certificates are checked by'),
  kafkaSaslMechanism: optional<'plain' | 'scram-sha-256' | 'scram-sha-512'>(
    choice(
      'KAFKA_SASL_MECHANISM',
      'plain',
      ['plain', 'scram-sha-256', 'scram-sha-512'],
      'how Kafka is told who this is; none: it is not',
    ),
  ),
  kafkaSaslUsername: text('KAFKA_SASL_USERNAME', '', 'as whom'),
  kafkaSaslPassword: secret(text('KAFKA_SASL_PASSWORD', '', 'with which password')),
  personalKeys: secret(
    optional(
      masterKeys(
        'PUTLOG_PERSONAL_KEY',
        'wraps the keys of personal fields (docs/retention.md): <id>:<32 bytes in base64>, the first of several',
      ),
    ),
  ),
  mongoTlsCa: text('MONGODB_TLS_CA', '', 'file of the authorities (PEM) that MongoDB’s certificate is checked by'),
};

type SecurityConfig = {
  readonly [K in keyof typeof securitySettings]: ReturnType<(typeof securitySettings)[K]['parse']>;
};

/** Of settings of which each needs the others. */
const together = [
  ['jwksUrl', 'jwtIssuer', 'jwtAudience'],
  ['tlsCert', 'tlsKey'],
  ['kafkaSaslMechanism', 'kafkaSaslUsername', 'kafkaSaslPassword'],
] as const satisfies (keyof SecurityConfig)[][];

/** What is wrong with values that are right each by itself. */
export function securityProblems(config: SecurityConfig): string[] {
  const problems = together.flatMap((names) => {
    const [set, unset] = [names.filter((name) => config[name]), names.filter((name) => !config[name])];
    const variables = (some: readonly (keyof SecurityConfig)[]) =>
      some.map((name) => securitySettings[name].env).join(' and ');
    return set.length === 0 || unset.length === 0 ? [] : [`${variables(set)} is set, and ${variables(unset)} is not`];
  });
  if (config.kafkaTlsCa !== '' && config.kafkaTls === 'no')
    problems.push('KAFKA_TLS_CA is set, and KAFKA_TLS is not yes');
  return problems;
}

/** The driver takes them in the address, and the address goes wherever a client is made. */
export function mongoUriOf({ mongoUri, mongoTlsCa }: SecurityConfig & { readonly mongoUri: string }): string {
  if (mongoTlsCa === '') return mongoUri;
  const more = `tls=true&tlsCAFile=${encodeURIComponent(mongoTlsCa)}`;
  if (mongoUri.includes('?')) return `${mongoUri}&${more}`;
  // The driver wants a slash in front of its options.
  const hasPath = mongoUri.indexOf('/', mongoUri.indexOf('://') + 3) !== -1;
  return `${mongoUri}${hasPath ? '' : '/'}?${more}`;
}
