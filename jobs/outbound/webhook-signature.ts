// Signs what a webhook says, as Standard Webhooks asks (https://www.standardwebhooks.com). putlog.webhook calls it for each attempt.
import { createHmac } from 'node:crypto';

/** `at` in milliseconds since the epoch; each secret is `whsec_` and base64, and signs: while they rotate there are two. */
export function webhookHeaders(id: string, body: string, at: number, secrets: readonly string[]) {
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
