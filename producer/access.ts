// The door of the API: who is calling, whether its scopes and its job types allow what it asks, and whether it is within its share,
// all before a byte of the body is read. Installed by app.ts in front of all routes; each must stand in the table of access.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../schemas/access.ts';
import { PutlogError } from '../schemas/problem.ts';
import { type AccessRule, accessRuleOf } from './access-table.ts';
import { assertMayTouch, type Caller, typesOf } from './caller.ts';
import type { Identify } from './identify.ts';

/** @throws PutlogError rate-limited; tells the share in the answer's header in any case */
export type TakeShare = (caller: Caller, reply: FastifyReply) => void;

export type AccessOptions = { identify: Identify; takeShare?: TakeShare | undefined };

/** Types that the address names: in its path, in `type` of a query, and in `then`, which submits another job. */
function* typesNamed({ url, params }: FastifyRequest, type: string | undefined): Generator<string> {
  if (type?.startsWith(':')) yield String((params as Record<string, unknown>)[type.slice(1)]);
  else if (type !== undefined) yield type;
  // The same text that the routes read it from.
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  for (const value of query.getAll('type')) yield* value.split(',');
  for (const value of query.getAll('then')) yield value.split('/', 1)[0] ?? '';
}

function challenge(reply: FastifyReply, parameters: string): void {
  reply.header('www-authenticate', parameters === '' ? 'Bearer' : `Bearer ${parameters}`);
}

function assertScope({ id, access }: Caller, needed: Scope, reply: FastifyReply): void {
  if (access.scopes.includes(needed)) return;
  challenge(reply, `error="insufficient_scope", scope="putlog:${needed}"`);
  const has = access.scopes.length === 0 ? 'none' : access.scopes.join(', ');
  throw new PutlogError('insufficient-scope', `this needs the scope ${needed}; ${id} has ${has}`);
}

/** Call it on the instance whose routes it guards, before any of them is registered. */
export function guard(app: FastifyInstance, { identify, takeShare }: AccessOptions): void {
  const rules = new Map<string, AccessRule>();

  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      const rule = accessRuleOf(one, url);
      if (rule === undefined)
        throw new Error(`${one} ${url} does not stand in producer/access-table.ts: say there which scope it needs`);
      rules.set(`${one} ${url}`, rule);
    }
  });

  async function callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    try {
      return await identify(request);
    } catch (error) {
      // RFC 6750 §3.1: no error code where nothing was sent.
      if (error instanceof PutlogError && error.code === 'unauthenticated')
        challenge(reply, request.headers.authorization === undefined ? '' : 'error="invalid_token"');
      throw error;
    }
  }

  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    // Nothing is there: that is told to everybody.
    if (url === undefined) return;
    const rule = rules.get(`${request.method} ${url}`);
    if (rule === undefined) throw new Error(`${request.method} ${url} was registered before the door was there`);
    if (rule.scope === 'open') return;
    const caller = await callerOf(request, reply);
    request.caller = caller;
    takeShare?.(caller, reply);
    assertScope(caller, rule.scope, reply);
    if (typesOf(request) === undefined) return;
    if (rule.allTypes)
      throw new PutlogError('type-not-allowed', 'this tells of all job types, and this caller may touch only some');
    assertMayTouch(request, typesNamed(request, rule.type));
  });
}
