// Makes of a valid request one that is likely not: in its body, header fields, path, query, method. The same random numbers make the
// same requests. Used by the tests of mutated requests.
import { nasty } from './nasty-words.ts';
import type { ApiRequest, Method } from './valid-requests.ts';

/** From 0 to below 1. */
export type Random = () => number;

/** mulberry32: small, and good enough to choose by. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const values = [
  null,
  true,
  -1,
  1.5,
  1e308,
  '',
  'x',
  [],
  {},
  [[]],
  { a: { b: 1 } },
  'x'.repeat(1_000),
  { $gt: '' },
  '\ud800',
  -0,
];
const methods: Method[] = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'QUERY', 'TRACE'];
const headerNames = [
  'content-type',
  'content-encoding',
  'if-none-match',
  'if-match',
  'range',
  'if-range',
  'prefer',
  'priority',
  'accept',
];
const moreNames = [
  'idempotency-key',
  'last-event-id',
  'authorization',
  'traceparent',
  'repr-digest',
  'x-request-id',
  'expect',
  'te',
];

export function createMutations(random: Random) {
  const below = (n: number) => Math.floor(random() * n);
  function pick<T>(list: readonly [T, ...T[]] | readonly T[], otherwise: T): T {
    return list[below(list.length)] ?? otherwise;
  }
  const word = () => pick(nasty, '');

  /** A piece of it is taken out, doubled, or replaced. */
  function mutateText(text: string): string {
    const from = below(text.length + 1);
    const to = Math.min(text.length, from + below(8));
    switch (below(5)) {
      case 0:
        return text.slice(0, from) + text.slice(to);
      case 1:
        return text.slice(0, from) + word() + text.slice(to);
      case 2:
        return text.slice(0, from) + String.fromCharCode(below(256)) + text.slice(from);
      case 3:
        return text.slice(0, to) + text.slice(from);
      default:
        return word();
    }
  }

  function mutateValue(value: unknown): unknown {
    if (Array.isArray(value) && value.length > 0 && below(4) > 0)
      return value.with(below(value.length), mutateValue(value[below(value.length)]));
    const entries = Object.entries(Object(value));
    if (entries.length === 0 || typeof value !== 'object' || below(5) === 0) return pick<unknown>(values, null);
    const at = below(entries.length);
    const [name, member] = entries[at] ?? ['', undefined];
    switch (below(4)) {
      case 0:
        return Object.fromEntries(entries.toSpliced(at, 1));
      case 1:
        return Object.fromEntries([...entries, [word(), pick<unknown>(values, null)]]);
      case 2:
        return Object.fromEntries(entries.with(at, [mutateText(name), member]));
      default:
        return Object.fromEntries(entries.with(at, [name, mutateValue(member)]));
    }
  }

  function mutateBody(body: ApiRequest['body']): string | Buffer {
    const text = String(body ?? '');
    switch (below(4)) {
      case 0:
        return mutateText(text);
      case 1: {
        const bytes = Buffer.from(text || 'x');
        bytes[below(bytes.length)] = below(256);
        return bytes;
      }
      default:
        try {
          return JSON.stringify(mutateValue(JSON.parse(text)));
        } catch (error) {
          if (error instanceof SyntaxError) return mutateText(text);
          throw error;
        }
    }
  }

  function mutateUrl(url: string): string {
    const [path = '/', query] = url.split('?');
    const segments = path.split('/');
    const at = 1 + below(segments.length - 1);
    const encoded = () => (below(2) === 0 ? encodeURIComponent(word().toWellFormed()) : word());
    switch (below(5)) {
      case 0:
        return `${segments.with(at, mutateText(segments[at] ?? '')).join('/')}${query === undefined ? '' : `?${query}`}`;
      case 1:
        return `${path}?${mutateText(query ?? '')}`;
      case 2: {
        const parameters = (query ?? 'key=1').split('&');
        const one = below(parameters.length);
        const [name = ''] = parameters[one]?.split('=') ?? [];
        return `${path}?${parameters.with(one, `${name}=${encoded()}`).join('&')}`;
      }
      case 3:
        return `${url}${query === undefined ? '?' : '&'}${pick(['key', 'limit', 'cursor', 'type', 'state', encoded()], '')}=${encoded()}`;
      default:
        return segments.with(at, encoded()).join('/');
    }
  }

  /** What no client can put on the wire is left out of a field's value. */
  const fieldValue = (value: string) => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

  function mutateHeaders(headers: ApiRequest['headers']): ApiRequest['headers'] {
    const names = [...Object.keys(headers), ...headerNames, ...moreNames];
    const name = pick(names, 'accept');
    const { [name]: value = '', ...others } = headers;
    return below(4) === 0 ? others : { ...others, [name]: fieldValue(mutateText(value)) };
  }

  function once(request: ApiRequest): ApiRequest {
    switch (below(8)) {
      case 0:
        return { ...request, method: pick(methods, 'PUT') };
      case 1:
      case 2:
        return { ...request, headers: mutateHeaders(request.headers) };
      case 3:
      case 4:
        return { ...request, url: mutateUrl(request.url) };
      default:
        return request.body === undefined
          ? { ...request, url: mutateUrl(request.url) }
          : { ...request, body: mutateBody(request.body) };
    }
  }

  /** What a request line can carry: everything else is percent-encoded, or the client would refuse to send it. */
  const sendable = (url: string) =>
    url
      .toWellFormed()
      .replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
      .replace(/^\/*/, '/');

  return {
    /** One to three changes. */
    of(requests: readonly [ApiRequest, ...ApiRequest[]] | readonly ApiRequest[]): ApiRequest {
      let request = pick(requests, { method: 'GET', url: '/', headers: {} });
      for (let left = 1 + below(3); left > 0; left -= 1) request = once(request);
      return { ...request, url: sendable(request.url) };
    },
  };
}
