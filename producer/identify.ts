// From a request to its caller: an API key or a token in `Authorization: Bearer`, or nobody, as long as there is neither. Whoever may
// be anonymous may do everything: main.ts sees to it that only this machine can reach that, or that it was said openly.
import type { FastifyRequest } from 'fastify';
import { everything } from '../schemas/access.ts';
import { accessOf, looksLikeKey } from '../schemas/access-key.ts';
import { PutlogError } from '../schemas/problem.ts';
import type { Caller } from './caller.ts';
import { foreignPageFault, type PageRules } from './foreign-page.ts';
import type { Keyring } from './keyring.ts';

/** @throws PutlogError unauthenticated, identity-unavailable */
export type Identify = (request: FastifyRequest) => Promise<Caller>;

/** @throws PutlogError unauthenticated, identity-unavailable */
export type CheckToken = (token: string) => Promise<Caller>;

const bearer = /^bearer +([\w.~+/-]+=*) *$/i;

/** `checkToken` undefined: no tokens are taken here. */
export type IdentifyOptions = { keyring: Keyring; pages: PageRules; checkToken?: CheckToken | undefined };

export function createIdentify({ keyring, pages, checkToken }: IdentifyOptions): Identify {
  return async ({ headers: { authorization, origin }, method, host, hostname, ip }) => {
    if (authorization === undefined) {
      if (keyring.any() || checkToken !== undefined)
        throw new PutlogError(
          'unauthenticated',
          'send a key: Authorization: Bearer putlog_…; `putlog keys add` makes one',
        );
      const fault = foreignPageFault({ method, host, hostname, origin }, pages);
      if (fault !== undefined) throw new PutlogError('unauthenticated', fault);
      return { id: `address ${ip}`, access: everything, anonymous: true };
    }
    const [, token] = bearer.exec(authorization) ?? [];
    if (token === undefined)
      throw new PutlogError(
        'unauthenticated',
        'the field Authorization must be: Bearer, a space, and a key or a token',
      );
    if (checkToken !== undefined && !looksLikeKey(token)) return checkToken(token);
    const found = keyring.find(token, Date.now());
    if (typeof found === 'string') throw new PutlogError('unauthenticated', found);
    return { id: `key ${found.id}`, access: accessOf(found.key), rate: found.key.rate };
  };
}
