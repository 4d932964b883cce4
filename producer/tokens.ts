// Tokens (JWT) of an identity provider: checked against the keys that it publishes (JWKS), which are fetched at the first token, when an
// unknown one is named, and every ten minutes. While they cannot be fetched, those that are known go on; identify.ts asks.
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Logger } from '../platform/log.ts';
import { isScope, isTypePattern, type TypePatterns } from '../schemas/access.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { CheckToken } from './identify.ts';

export type TokenOptions = {
  jwksUrl: string;
  issuer: string;
  audience: string;
  log: Logger;
  /** In place of the global one. */
  fetch?: typeof fetch;
};

/** Asymmetric ones alone: with the others whoever can check a token could make one. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const clockTolerance = 5;
const refreshEveryMs = 600_000;
/** Unknown keys are not asked for more often. */
const cooldownMs = 10_000;

/** What can be wrong with a token; any other error is one of getting the keys. */
const faults = [
  ...[errors.JWTExpired, errors.JWTClaimValidationFailed, errors.JWTInvalid, errors.JWSInvalid],
  ...[errors.JWSSignatureVerificationFailed, errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys],
  ...[errors.JOSEAlgNotAllowed, errors.JOSENotSupported],
];

const refuse = (reason: string, cause?: unknown) =>
  new PutlogError('unauthenticated', `the token is refused: ${reason}`, { cause });

/** RFC 8693 §4.2; those of other services are none of ours. */
const scopesIn = ({ scope }: JWTPayload) =>
  typeof scope === 'string'
    ? [...new Set(scope.split(' ').map((one) => one.replace(/^putlog:/, '')))].filter(isScope)
    : [];

/** @throws PutlogError unauthenticated, because a limit that cannot be read must not become none */
function typesIn({ putlog_types: types }: JWTPayload): TypePatterns {
  if (types === undefined) return undefined;
  if (Array.isArray(types) && types.every(isTypePattern)) return types;
  throw refuse('putlog_types must be an array of names of job types, or of the like of image.*');
}

export function createTokens({ jwksUrl, issuer, audience, log, fetch }: TokenOptions) {
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    ...{ cooldownDuration: cooldownMs, cacheMaxAge: Number.POSITIVE_INFINITY, timeoutDuration: 5_000 },
    ...(fetch !== undefined && { [customFetch]: fetch }),
  });

  const refresh = () =>
    keys.reload().catch((error: unknown) => {
      log.warn({ err: error, jwksUrl }, 'the keys of tokens cannot be fetched; those that are known go on');
    });
  const timer = setInterval(refresh, refreshEveryMs).unref();

  async function payloadOf(token: string): Promise<JWTPayload> {
    try {
      const required = ['exp', 'sub'];
      const options = { issuer, audience, algorithms, clockTolerance, requiredClaims: required };
      return (await jwtVerify(token, keys, options)).payload;
    } catch (cause) {
      if (cause instanceof Error && faults.some((fault) => cause instanceof fault)) throw refuse(cause.message, cause);
      const detail = 'the keys that tokens are checked by cannot be fetched right now; try again in a few seconds';
      throw new PutlogError('identity-unavailable', detail, { cause, retryAfter: 2 });
    }
  }

  const check: CheckToken = async (token) => {
    const payload = await payloadOf(token);
    return { id: `token ${payload.sub}`, access: { scopes: scopesIn(payload), types: typesIn(payload) } };
  };

  return {
    check,
    /** Looks for changes of the keys now. Never rejects. */
    refresh,
    close: () => clearInterval(timer),
  };
}
