// Invariant: a job type that is further behind than its maxLag takes nothing new and says when to come again, while other types of its
// queue go on and what it has accepted is known; it takes more once workers have caught up, also where nobody writes the read model.
import { expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import { endToEndJobs, useSystem } from './system.ts';

const system = useSystem({ settings: { PUTLOG_JOBS: endToEndJobs, PUTLOG_SESSION_TIMEOUT_MS: '6000' } });

test('behind, and not behind any more', async () => {
  const [api, projector] = await Promise.all([system.startApi(), system.start('projector')]);
  const put = (id: string) => api.put(`test.prompt/${id}`, { n: 1 });
  const taken = (id: string) =>
    until('a type that takes more', async () => ((await put(id)).status === 202 ? true : undefined));

  /** New ones until there is another answer. */
  async function refusalAfter(name: string) {
    let count = 0;
    return until('a type that is behind', async () => {
      const answer = await put(`${name}-${count}`);
      count++;
      return answer.status === 202 ? undefined : answer;
    });
  }

  expect((await api.put('test.prompt/later?delay=PT1H', { n: 1 })).status).toBe(202);
  expect(await refusalAfter('first')).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
    body: { code: 'type-behind', retriable: true },
  });
  expect((await put('first-0')).status).toBe(200);
  expect((await api.put('demo.echo/1', { n: 1, text: '' })).status).toBe(202);

  const worker = await system.start('worker');
  await api.finished(['test.prompt/first-0', 'demo.echo/1']);
  await taken('second');
  await worker.end('SIGTERM');

  expect(await refusalAfter('third')).toMatchObject({ status: 503, body: { code: 'type-behind' } });
  // From now on the read model says for ever that they wait.
  await projector.end('SIGKILL');
  await system.start('worker');
  await taken('fourth');
});
