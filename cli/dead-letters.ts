// `putlog dead-letters` and `putlog redrive`: the API's /dead-letters at a terminal. What the API refuses is said in its words.
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Problem } from '../schemas/problem.ts';

/** Filters and limits as the API calls them, where it is, and the key to call it with. */
export type DeadLetterOptions = { url: string; key?: string | undefined } & Readonly<
  Record<string, string | undefined>
>;

type Line = {
  position: string;
  type?: string;
  id?: string;
  attempt: number;
  code: string;
  detail: string;
  at: string;
  redrivenAt?: string;
  outcome?: string;
};

/** @throws Error with what the API says, or that it is not there */
async function asked(
  path: string,
  { url, key, ...query }: DeadLetterOptions,
  method: 'GET' | 'POST',
): Promise<Response> {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
  let answer: Response;
  try {
    const headers = key === undefined ? undefined : { authorization: `Bearer ${key}` };
    answer = await fetch(new URL(`${path}?${given}`, url), { method, ...(headers && { headers }) });
  } catch (error) {
    throw new Error(`there is no API at ${url}; give its address with --url`, { cause: error });
  }
  if (answer.ok) return answer;
  const { detail } = (await answer.json()) as Problem;
  throw new Error(detail);
}

const words = ({ position, type, id, attempt, code, detail, at, redrivenAt, outcome }: Line): string =>
  [
    outcome ?? (redrivenAt === undefined ? '' : 'redriven'),
    ...[at, position, type === undefined ? '(unreadable)' : `${type}/${id}`, `attempt ${attempt}`, code, detail],
  ]
    .filter((word) => word !== '')
    .join('  ');

/** A line each, newest first. */
export async function* listDeadLetters(options: DeadLetterOptions): AsyncGenerator<string> {
  const { deadLetters } = (await (await asked('/dead-letters', options, 'GET')).json()) as { deadLetters: Line[] };
  for (const letter of deadLetters) yield words(letter);
}

/** A line each, as it is sent; then how many there were. */
export async function* redrive(options: DeadLetterOptions): AsyncGenerator<string> {
  const { body } = await asked('/dead-letters/redrive', options, 'POST');
  const counts = { redriven: 0, gone: 0 };
  for await (const line of createInterface({ input: Readable.from(body ?? []) })) {
    const letter = JSON.parse(line) as Line;
    counts[letter.outcome === 'redriven' ? 'redriven' : 'gone']++;
    yield words(letter);
  }
  yield `${counts.redriven} sent again${counts.gone > 0 ? `, ${counts.gone} could not be: their bytes are gone` : ''}`;
}
