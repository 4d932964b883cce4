// The header field Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a string in quotes, or bare, as most clients
// send it. The same key for another call is refused. Called by the POST routes.
import { ParseError, parseItem } from 'structured-headers';
import { PutlogError } from '../schemas/problem.ts';

/** What a token (RFC 8941 §3.3.4) is made of, and base64. */
const bare = /^[A-Za-z0-9!#$%&'*+.^_`|~:/=-]+$/;
const longest = 255;

function textOf(field: string): string | undefined {
  if (!field.startsWith('"')) return bare.test(field) ? field : undefined;
  try {
    const [value] = parseItem(field);
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Undefined: there is none. @throws PutlogError malformed-request */
export function idempotencyKeyOf(field: string | string[] | undefined): string | undefined {
  if (field === undefined) return undefined;
  const key = textOf(String(field).trim());
  if (key !== undefined && key.length >= 1 && key.length <= longest) return key;
  throw new PutlogError(
    'malformed-request',
    `Idempotency-Key must be one string of 1 to ${longest} ASCII characters in quotes, such as Idempotency-Key: "order-7"`,
  );
}

/** What came of a submit under the id that a key stands for. @throws PutlogError as it, but idempotency-key-reused for id-conflict */
export async function underKey<Answer>(submitted: Promise<Answer>): Promise<Answer> {
  try {
    return await submitted;
  } catch (error) {
    if (!(error instanceof PutlogError) || error.code !== 'id-conflict') throw error;
    const detail = 'the Idempotency-Key stands for a call with another payload; use another key for another call';
    throw new PutlogError('idempotency-key-reused', detail, { cause: error });
  }
}
