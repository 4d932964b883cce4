// putlog.webhook: tells a URL of the end of a job, signed, until it is heard. Putlog makes these jobs for `callback`; the owner of a
// job's partition appends them.
import Type from 'typebox';
import type { Response } from 'undici';
import { defineJob } from '../schemas/define-job.ts';
import { deliveryQueue, webhookType } from '../schemas/own-types.ts';
import { allowedBy } from '../schemas/public-addresses.ts';
import { NonRetryableError, RetryAfter } from '../schemas/retry-errors.ts';
import { assertSends } from './outbound/assert-sends.ts';
import { guardedFetch } from './outbound/guarded-fetch.ts';
import { exampleEnd, jobEnd } from './outbound/job-end.ts';
import { webhookHeaders } from './outbound/webhook-signature.ts';

/** Milliseconds. */
const patience = 10_000;
/** An endpoint that asks for more is asked again after so long all the same (milliseconds). */
const longestWait = 24 * 3_600_000;

/** RFC 9110 §10.2.3: seconds, or a date. Undefined: it does not say. */
function retryAfter({ headers }: Response, now: number): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), longestWait);
}

/** @throws unless it was heard */
function heed(response: Response): { status: number } {
  const { ok, status } = response;
  if (ok) return { status };
  if (status === 410) throw new NonRetryableError('the endpoint is gone: it answered 410');
  const after = status === 429 || status === 503 ? retryAfter(response, Date.now()) : undefined;
  if (after !== undefined) throw new RetryAfter(after, `the endpoint answered ${status}, and when to come again`);
  throw new Error(
    `the endpoint answered ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`,
  );
}

export default defineJob({
  type: webhookType,
  description: 'Tells a URL of the end of a job, signed as Standard Webhooks asks. Made by Putlog for ?callback=.',
  queue: deliveryQueue,
  payload: Type.Object(
    { url: Type.String({ pattern: '^https?://', maxLength: 8_192 }), event: jobEnd },
    { additionalProperties: false },
  ),
  result: Type.Object({ status: Type.Integer() }, { additionalProperties: false }),
  example: { url: 'https://example.com/hook', event: exampleEnd },
  timeout: 2 * patience,
  // The last one some half an hour after the first.
  retry: { attempts: 10, backoffMs: 4_000, maxBackoffMs: 3_600_000 },
  handler({ url, event }, { delivery, outbound, dryRun, signal }) {
    assertSends({ dryRun });
    const secrets = delivery?.webhookSecrets ?? [];
    if (secrets.length === 0) throw new Error('PUTLOG_WEBHOOK_SECRET is not set where this worker runs');
    const body = JSON.stringify(event);
    const headers = {
      ...{ 'content-type': 'application/json', 'user-agent': 'putlog' },
      ...webhookHeaders(event.id, body, Date.now(), secrets),
    };
    const stop = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const init = { method: 'POST', headers, body, redirect: 'manual' as const, signal: stop };
    return guardedFetch(url, init, allowedBy(outbound), async (response) => heed(response));
  },
});
