// text.statistics: counts what a text is made of, by Unicode's rules for characters, words and sentences (UAX 29). It
// computes, so it runs in a worker thread.
import Type, { type Static } from 'typebox';
import { defineJob, type JobContext } from '../schemas/define-job.ts';
import { readBody } from './outbound/read-body.ts';

const closed = { additionalProperties: false };
const options = {
  language: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', description: 'BCP 47' })),
  top: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
};
const blobId = Type.String({ pattern: '^[A-Za-z0-9._~-]{1,200}$' });

const payload = Type.Union([
  Type.Object({ text: Type.String(), ...options }, closed),
  Type.Object({ source: Type.Object({ blob: blobId }, closed), ...options }, closed),
]);

const count = Type.Integer({ minimum: 0 });
const result = Type.Object(
  {
    characters: count,
    words: count,
    uniqueWords: count,
    sentences: count,
    lines: count,
    longestWord: Type.String(),
    readingSeconds: count,
    topWords: Type.Array(Type.Object({ word: Type.String(), count }, closed)),
  },
  closed,
);

const maxBytes = 5_242_880;
/** Average silent reading of non-fiction in English: Brysbaert 2019, doi:10.1016/j.jml.2019.104047. */
const wordsPerMinute = 238;

async function textOf(call: Static<typeof payload>, { blobs }: JobContext): Promise<string> {
  if ('text' in call) return call.text;
  const found = await blobs.open(call.source.blob);
  if (found === undefined) throw new Error(`there is no blob ${call.source.blob}`);
  const { bytes, truncated } = await readBody(found.stream, maxBytes);
  if (truncated) throw new Error(`the text has more than ${maxBytes} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function* segments(text: string, language: string, granularity: 'grapheme' | 'word' | 'sentence') {
  yield* new Intl.Segmenter(language, { granularity }).segment(text);
}

function countWords(text: string, language: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { segment, isWordLike } of segments(text, language, 'word')) {
    if (!isWordLike) continue;
    const word = segment.normalize('NFC').toLocaleLowerCase(language);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function statistics(text: string, language: string, top: number): Static<typeof result> {
  const counts = countWords(text, language);
  const words = counts.values().reduce((sum, n) => sum + n, 0);
  // Equal counts in the order of first appearance: the same text always gives the same list.
  const ranked = [...counts].sort(([, a], [, b]) => b - a).slice(0, top);
  return {
    characters: segments(text, language, 'grapheme').reduce((sum) => sum + 1, 0),
    words,
    uniqueWords: counts.size,
    sentences: segments(text, language, 'sentence').reduce(
      (sum, { segment }) => sum + (segment.trim() === '' ? 0 : 1),
      0,
    ),
    lines: text === '' ? 0 : text.replace(/\r?\n$/, '').split(/\r?\n/).length,
    longestWord: counts.keys().reduce((longest, word) => (word.length > longest.length ? word : longest), ''),
    readingSeconds: Math.ceil((words * 60) / wordsPerMinute),
    topWords: ranked.map(([word, n]) => ({ word, count: n })),
  };
}

export default defineJob({
  type: 'text.statistics',
  description: `Counts characters, words, sentences and lines of a text of at most ${maxBytes} bytes of UTF-8.`,
  example: { text: 'The log is the truth. The rest is derived from it.', top: 3 },
  payload,
  result,
  run: 'thread',
  async handler(call, context) {
    return statistics(await textOf(call, context), call.language ?? 'en', call.top ?? 10);
  },
});
