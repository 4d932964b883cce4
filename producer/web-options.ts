// What main.ts tells the app of how it is reached, from the configuration.
import type { Config } from '../platform/config.ts';
import { textOfFile } from '../platform/kafka-security.ts';
import type { WebOptions } from './app.ts';

/** @throws ConfigError where a file cannot be read */
export const webOptions = ({ tlsCert, tlsKey, corsOrigins, accessLog }: Config): WebOptions => ({
  accessLog: accessLog === 'yes',
  corsOrigins: corsOrigins?.split(','),
  ...(tlsCert !== '' && {
    tls: { cert: textOfFile('PUTLOG_TLS_CERT', tlsCert), key: textOfFile('PUTLOG_TLS_KEY', tlsKey) },
  }),
});
