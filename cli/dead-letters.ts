// What ended as dead, as the API tells it: pages of it, and sending it again. dead-letter-commands.ts shows it.
import { readLines } from '../client/lines.ts';
import { nextQuery } from '../client/next-page.ts';
import type { openApi } from './api.ts';
import { queryText } from './event-stream.ts';

/** As the API calls them. */
export type DeadLetterFilter = Readonly<Partial<Record<'type' | 'code' | 'position' | 'after' | 'before', string>>>;

/** Times are RFC 3339. A record that nobody could read has neither type nor id. */
export type DeadLetter = {
  position: string;
  type?: string;
  id?: string;
  generation: number;
  attempt: number;
  code: string;
  detail: string;
  at: string;
  redrivenAt?: string;
  /** Of one that was sent again: `redriven`, or `gone`, for its bytes are. */
  outcome?: string;
};

type Api = Pick<ReturnType<typeof openApi>, 'ask' | 'open'>;

/** Newest first. @throws ProblemError, ConnectionError */
export async function* listDeadLetters(
  { ask }: Api,
  { redriven, ...filter }: DeadLetterFilter & { redriven?: string },
  limit: number,
): AsyncGenerator<DeadLetter> {
  const first = queryText({ ...filter, redriven, limit: Math.min(limit, 500) });
  let told = 0;
  for (let query: string | undefined = first; query !== undefined; ) {
    const { body, headers } = await ask({ method: 'GET', path: `dead-letters${query}`, repeatable: 'always' });
    for (const letter of (body as { deadLetters: DeadLetter[] }).deadLetters) {
      if (told >= limit) return;
      told += 1;
      yield letter;
    }
    query = nextQuery(headers);
  }
}

/** Each as it is sent; who stops reading ends it. @throws ProblemError, ConnectionError */
export async function* redrive(
  { open }: Api,
  filter: DeadLetterFilter,
  rate: { limit?: number | undefined; perSecond?: number | undefined },
): AsyncGenerator<DeadLetter> {
  const request = new AbortController();
  try {
    const path = `dead-letters/redrive${queryText({ ...filter, ...rate })}`;
    const { body } = await open({ method: 'POST', path, signal: request.signal, repeatable: 'refused' });
    if (body !== null) for await (const line of readLines(body)) yield line as DeadLetter;
  } finally {
    request.abort();
  }
}
