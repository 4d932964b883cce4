// Whoever asked to be written to of a job's end is, by a real mail server; and nobody is told where the settings do not allow it.
import { randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { useHookServer } from './hook-server.ts';
import { useSystem } from './system.ts';

const system = useSystem();
const hooks = useHookServer(() => ({ status: 200 }));
const mails: { to: string[]; text: string }[] = [];
const refused = 'refused@example.com';
const server = new SMTPServer({
  ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'] },
  onRcptTo: ({ address }, _session, done) =>
    done(address === refused ? Object.assign(new Error('nobody of that name'), { responseCode: 550 }) : null),
  onData(stream, { envelope }, done) {
    text(stream).then((said) => {
      mails.push({ to: envelope.rcptTo.map(({ address }) => address), text: said });
      done(null);
    }, done);
  },
});
let api: Api;
let bare: Api;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const settings = {
    ...{ PUTLOG_SMTP_URL: `smtp://127.0.0.1:${port}`, PUTLOG_MAIL_FROM: 'Putlog <putlog@example.com>' },
    PUTLOG_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  };
  // The api lets private addresses through that the worker does not call: each has to look for itself.
  const lax = { ...settings, PUTLOG_ALLOW_PRIVATE_ADDRESSES: 'yes' };
  const apis = Promise.all([system.startApi(lax), system.startApi()]);
  await Promise.all([apis, system.start('worker', settings), system.start('projector')]);
  [api, bare] = await apis;
});
afterAll(() => server.close());

const delivery = async (link: unknown) => {
  const name = String(link).slice('/jobs/'.length);
  await until(`${name} is there`, async () => (await api.get(name)).status === 200 || undefined);
  const [job] = await api.finished([name]);
  return job;
};
const linkOf = (body: Readonly<Record<string, unknown>>, name: string) =>
  new Map<string, unknown>(Object.entries(body.links ?? {})).get(name);

test('a mail says how the job ended', async () => {
  const id = randomUUID();
  const put = await api.put(`test.add/${id}?notify=mailto:me%2Bjobs@example.com`, { n: 6 });
  expect(put.status).toBe(202);
  expect(await delivery(linkOf(put.body, 'notify'))).toMatchObject({ state: 'succeeded' });
  const [mail, ...more] = mails.filter((one) => one.text.includes(id));
  expect(more).toEqual([]);
  expect(mail?.to).toEqual(['me+jobs@example.com']);
  expect(mail?.text).toMatch(/^From: Putlog <putlog@example\.com>/m);
  expect(mail?.text.replaceAll('\r\n ', ' ')).toContain(`Subject: test.add/${id} succeeded`);
  expect(mail?.text).toMatch(/"n": 7/);
});

test('an address that the mail server refuses is not written to again', async () => {
  const put = await api.put(`test.add/${randomUUID()}?notify=mailto:${refused}`, { n: 1 });
  const job = await delivery(linkOf(put.body, 'notify'));
  expect(job).toMatchObject({ state: 'failed', attempt: 1 });
  expect(job?.error).toMatchObject({ detail: expect.stringContaining('nobody of that name') });
});

test('a worker that may not reach private addresses calls none', async () => {
  const url = hooks.url('/inside');
  const put = await api.put(`test.add/${randomUUID()}?callback=${encodeURIComponent(url)}`, { n: 1 });
  const job = await delivery(linkOf(put.body, 'callback'));
  expect(job).toMatchObject({ state: 'failed', attempt: 1 });
  expect(job?.error).toMatchObject({ detail: expect.stringContaining('not at a public address') });
  expect(hooks.toldOf('/inside')).toEqual([]);
});

test('without the settings it is refused, and said what to set', async () => {
  const asked = async (query: string) => (await bare.put(`test.add/${randomUUID()}?${query}`, { n: 1 })).body;
  expect(await asked('callback=https://example.com/')).toMatchObject({
    ...{ status: 422, code: 'not-configured', detail: expect.stringContaining('set PUTLOG_WEBHOOK_SECRET') },
  });
  expect(await asked('notify=mailto:a@example.com')).toMatchObject({
    ...{ status: 422, code: 'not-configured', detail: expect.stringContaining('PUTLOG_SMTP_URL and PUTLOG_MAIL_FROM') },
  });
  expect(await asked('callback=http://10.1.2.3/')).toMatchObject({ status: 422, code: 'address-not-allowed' });
});

test('a client makes no job of a type of Putlog’s own, and can read it', async () => {
  const answer = await api.put('putlog.webhook/mine', { url: 'http://example.com', event: {} });
  expect(answer).toMatchObject({ status: 405, headers: { allow: 'DELETE, GET, HEAD' } });
  expect((await api.get('putlog.webhook/mine')).status).toBe(404);
});
