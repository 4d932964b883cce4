// Where the API may listen as long as nobody needs to say who is calling: on this machine alone, unless it was said openly that whoever
// reaches it may do everything. main.ts asks before it listens.
import { BlockList, isIP } from 'node:net';
import { type Config, ConfigError } from '../platform/config.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** @param known whether callers must say who they are. @throws ConfigError */
export function assertMayListen({ host, anonymous }: Pick<Config, 'host' | 'anonymous'>, known: boolean): void {
  if (known || anonymous === 'yes' || isLoopback(host)) return;
  throw new ConfigError([
    `PUTLOG_HOST="${host}" can be reached from other machines, and nobody would have to say who is calling. Make a key first ` +
      '(putlog keys add --name first --scope submit,read,operate), or set PUTLOG_JWKS_URL, or listen on 127.0.0.1; ' +
      'PUTLOG_ANONYMOUS=yes lets whoever reaches it do everything',
  ]);
}
