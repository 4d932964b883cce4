// putlog.mail: writes to somebody of the end of a job. Putlog makes these jobs for `notify`; the owner of a job's partition appends
// them. Two attempts have one Message-ID.
import { createHash } from 'node:crypto';
import Type from 'typebox';
import { mailAddress } from '../schemas/call-options.ts';
import { defineJob } from '../schemas/define-job.ts';
import { deliveryQueue, type JobEnd, mailType } from '../schemas/own-types.ts';
import { NonRetryableError } from '../schemas/retry-errors.ts';
import { assertSends } from './outbound/assert-sends.ts';
import { exampleEnd, jobEnd } from './outbound/job-end.ts';

/** Milliseconds. */
const patience = 10_000;
const timeouts = { connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience };

/** `demo.echo/first succeeded`: the event's id says of what job it tells. */
function subjectOf({ id, type }: JobEnd): string {
  const [job, name] = id.split('/');
  return `${job}/${name} ${type.slice('job.'.length)}`;
}

const messageId = (id: string) => `<${createHash('sha256').update(id).digest('hex').slice(0, 40)}@putlog>`;

/** RFC 5321 §4.2.1: the server would answer the same again. */
const isPermanent = (error: unknown) => error instanceof Error && 'permanent' in error && error.permanent === true;

export default defineJob({
  type: mailType,
  description: 'Writes to a mail address of the end of a job. Made by Putlog for ?notify=.',
  queue: deliveryQueue,
  payload: Type.Object(
    { to: Type.String({ pattern: `^${mailAddress}$`, maxLength: 254 }), event: jobEnd },
    { additionalProperties: false },
  ),
  result: Type.Object({ answer: Type.String() }, { additionalProperties: false }),
  example: { to: 'me@example.com', event: exampleEnd },
  timeout: 6 * patience,
  retry: { attempts: 8, backoffMs: 15_000, maxBackoffMs: 3_600_000 },
  async handler({ to, event }, { delivery, dryRun, signal }) {
    assertSends({ dryRun });
    if (delivery?.mail === undefined)
      throw new Error('PUTLOG_SMTP_URL and PUTLOG_MAIL_FROM are not set where this worker runs');
    const { url, from } = delivery.mail;
    // Here, for it takes its time, and most processes never write to anybody.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({ url, ...timeouts, disableFileAccess: true, disableUrlAccess: true });
    const subject = subjectOf(event);
    const text = `${subject} at ${event.timestamp}.\n\n${JSON.stringify(event.data, null, 2)}\n`;
    try {
      const sent = await transport.sendMail({ from, to, subject, text, messageId: messageId(event.id), signal });
      return { answer: String(sent.response) };
    } catch (error) {
      if (isPermanent(error))
        throw new NonRetryableError(`the mail server refuses it: ${(error as Error).message}`, { cause: error });
      throw error;
    } finally {
      transport.close();
    }
  },
});
