// Signs what a webhook says, as Standard Webhooks asks (https://www.standardwebhooks.com). putlog.webhook calls it for each attempt.
import { createHash, createHmac } from 'node:crypto';

/** The same for one event each time. It has no full stop, as the standard wants of an id that a client has a say in. */
const webhookId = (eventId: string) => `evt_${createHash('sha256').update(eventId).digest('base64url')}`;

/** `at` in milliseconds since the epoch; each secret is `whsec_` and base64, and signs: while they rotate there are two. */
export function webhookHeaders(eventId: string, body: string, at: number, secrets: readonly string[]) {
  const id = webhookId(eventId);
  const timestamp = String(Math.floor(at / 1_000));
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  };
}
