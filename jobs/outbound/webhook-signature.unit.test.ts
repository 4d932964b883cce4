// What we sign is verified by somebody else's code: the library of Standard Webhooks.
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { webhookHeaders } from './webhook-signature.ts';

const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;
const body = JSON.stringify({ type: 'job.succeeded', data: { text: 'é "quoted" 👩‍👩‍👧' } });

test.each([24, 32, 33, 64])('a secret of %d bytes: it is verified, and nothing that was changed is', (bytes) => {
  const secret = secretOf(bytes);
  const headers = webhookHeaders('demo.echo/1/0.1/succeeded', body, Date.now(), [secret]);
  const hook = new Webhook(secret);
  expect(hook.verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => hook.verify(body.replace('succeeded', 'failed'), headers)).toThrow();
  expect(() => hook.verify(body, { ...headers, 'webhook-id': 'another' })).toThrow();
  expect(() => new Webhook(secretOf(bytes)).verify(body, headers)).toThrow();
});

test('while secrets rotate each of them verifies it', () => {
  const [old, young] = [secretOf(32), secretOf(32)];
  const headers = webhookHeaders('a', body, Date.now(), [old, young]);
  for (const secret of [old, young]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
});

test('its time is that of the attempt: what is told long after is not taken for a repetition', () => {
  const secret = secretOf(32);
  const headers = webhookHeaders('a', body, Date.now() - 600_000, [secret]);
  expect(() => new Webhook(secret).verify(body, headers)).toThrow(/too old/);
});

test('the id is the same for one event, another for another, and has no full stop', () => {
  const idOf = (event: string) => webhookHeaders(event, body, Date.now(), [secretOf(32)])['webhook-id'];
  expect(idOf('a.b/1/0.1/succeeded')).toBe(idOf('a.b/1/0.1/succeeded'));
  expect(idOf('a.b/1/0.1/succeeded')).not.toBe(idOf('a.b/1/1.1/succeeded'));
  expect(idOf('a.b/1/0.1/succeeded')).toMatch(/^evt_[A-Za-z0-9_-]{43}$/);
});
