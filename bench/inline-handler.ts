// What `Prefer: wait` is measured against: a process whose web handler awaits the function itself and forgets everything when
// it dies. Started by wait.ts; tells its address over IPC.
import { setTimeout as delay } from 'node:timers/promises';
import { fastify } from 'fastify';

type Echo = { n: number; text: string };

const app = fastify();
app.put<{ Body: Echo }>('/jobs/demo.echo/:id', async ({ body: { n, text } }) => ({
  state: 'succeeded',
  result: { n, length: text.length },
}));
app.put<{ Body: { ms: number } }>('/jobs/demo.sleep/:id', async ({ body: { ms } }) => {
  await delay(ms);
  return { state: 'succeeded', result: { ms } };
});
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }));
process.on('disconnect', () => process.exit(0));
