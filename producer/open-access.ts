// Who may call this process, and from which pages: keys out of the settings, tokens of a provider, shares of each caller. main.ts opens it
// before it listens.
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { Settings } from '../platform/settings.ts';
import type { AccessOptions } from './access.ts';
import { createIdentify } from './identify.ts';
import { createKeyring } from './keyring.ts';
import { assertMayListen } from './open-address.ts';
import { createTakeShare } from './take-share.ts';
import { createTokens } from './tokens.ts';

/** @throws ConfigError where others could reach it and nobody is asked who they are */
export function openAccess({
  config,
  settings,
  origins,
  log,
}: {
  config: Config;
  settings: Settings;
  /** Of pages that may call. */
  origins: readonly string[];
  log: Logger;
}) {
  const keyring = createKeyring(settings);
  const { jwksUrl, jwtIssuer: issuer = '', jwtAudience: audience = '' } = config;
  const tokens = jwksUrl === undefined ? undefined : createTokens({ jwksUrl, issuer, audience, log });
  assertMayListen(config, keyring.any() || tokens !== undefined);
  const access: AccessOptions = {
    identify: createIdentify({
      ...{ keyring, checkToken: tokens?.check },
      pages: { anyName: config.anonymous === 'yes', origins },
    }),
    takeShare: createTakeShare(config.rateLimit),
  };
  return { access, close: () => tokens?.close() };
}
