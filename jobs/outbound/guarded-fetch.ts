// fetch for URLs that callers chose: http and https only, and never to an address that is not allowed. The check is made
// where the connection is, for each address tried and for each redirect, so a name that resolves differently the second
// time gains nothing. http.request, image.thumbnail and putlog.webhook
// call it.
import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, buildConnector, fetch, type RequestInit, type Response } from 'undici';
import type { Allows } from '../../schemas/public-addresses.ts';
import { NonRetryableError } from '../../schemas/retry-errors.ts';

/** Names no address: what a name means inside the network is not the caller's to learn. */
const refusal = (host: string) =>
  new NonRetryableError(`${host} is not at a public address, and PUTLOG_ALLOW_PRIVATE_ADDRESSES is not set`);

/** Resolves like the system does, and fails if any of the addresses is not allowed. */
const guardedLookup =
  (allows: Allows): LookupFunction =>
  (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '');
      if (!found.every(({ address }) => allows(address))) return done(refusal(host), '');
      const [first] = found;
      if (options.all || first === undefined) return done(null, found);
      return done(null, first.address, first.family);
    });

function guardedConnector(allows: Allows): buildConnector.connector {
  const connect = buildConnector({ timeout: 10_000, lookup: guardedLookup(allows) });
  return (options, done) => {
    // An address in the URL is not looked up.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !allows(host)) done(refusal(host), null);
    else connect(options, done);
  };
}

/** The innermost cause: fetch itself says no more than "fetch failed". */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.cause instanceof Error) return innermost(error.cause);
  // One error for each address tried, and no message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error;
}

/**
 * Fetches `url` and hands the response to `use`; the connection is closed when `use` is done, read or not.
 * @throws Error that names the URL and the reason: not http(s), no connection, `signal` aborted; NonRetryableError: refused address
 */
export async function guardedFetch<T>(
  url: string,
  init: Pick<RequestInit, 'method' | 'headers' | 'body' | 'signal' | 'redirect'>,
  allows: Allows,
  use: (response: Response, body: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { protocol, username, password, origin, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new Error(`${protocol} is not fetched, only http: and https:`);
  if (username !== '' || password !== '')
    throw new Error('a URL with a password is not fetched; send a header instead');

  // The query may hold a secret, and others read the error.
  const failed = (cause: unknown) => {
    const why = innermost(cause);
    const reason = why instanceof Error ? why.message || why.name : String(why);
    const Failure = why instanceof NonRetryableError ? NonRetryableError : Error;
    return new Failure(`${init.method ?? 'GET'} ${origin}${pathname} did not work: ${reason}`, { cause });
  };
  const bodyOf = async function* ({ body }: Response): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    try {
      yield* Readable.fromWeb(body);
    } catch (cause) {
      throw failed(cause);
    }
  };

  const agent = new Agent({ connect: guardedConnector(allows) });
  try {
    const response = await fetch(url, { ...init, dispatcher: agent }).catch((cause: unknown) => {
      throw failed(cause);
    });
    return await use(response, bodyOf(response));
  } finally {
    await agent.destroy();
  }
}
