// Calls jobs from another program: `node examples/client.ts` while `PUTLOG_JOBS=examples/jobs npm start` runs. docs/client.md shows it in parts.
import { createClient, isRefused, ProblemError, resultOf } from 'putlog/client';
import type wordCount from './jobs/word-count.ts';

type Jobs = {
  'word.count': typeof wordCount;
  'demo.echo': { payload: { n: number; text: string }; result: { n: number; length: number } };
};

const putlog = createClient<Jobs>({ url: process.env.PUTLOG_URL ?? 'http://localhost:3000' });

const job = await putlog.put('word.count', 'readme', { text: 'so few words' });
const { words } = resultOf(await putlog.wait(job, { timeout: 30_000 }));
console.log(`${words} words`);

const echo = await putlog.submit('demo.echo', { n: 1, text: 'hello' }, { priority: 1, wait: 5_000 });
for await (const event of putlog.follow(echo)) console.log(event.at, event.kind);

const texts = ['one', 'one two', 'one two three'];
const calls = texts.map((text, n) => ({ type: 'word.count' as const, id: `text-${n}`, payload: { text } }));
for await (const answer of putlog.batch(calls)) {
  if (isRefused(answer)) console.error(`line ${answer.line}: ${answer.detail}`);
}

for await (const { id, state } of putlog.list({ type: 'word.count', state: ['queued', 'succeeded'] }))
  console.log(id, state);

try {
  await putlog.put('word.count', 'readme', { text: 'other words' });
} catch (error) {
  if (!(error instanceof ProblemError) || error.code !== 'id-conflict') throw error;
  console.log(error.problem.detail);
}
