// POST /jobs: many submits in one request, one a line (NDJSON), and one line each in answer. Streamed both ways in bounded memory;
// what a line says wrong is told in its own answer, and the others go on.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { jobStatusLink } from '../schemas/job-status-body.ts';
import { PutlogError, problemOf } from '../schemas/problem.ts';
import { answerLines } from './answer-lines.ts';
import { assertMayTouch, callerName } from './caller.ts';
import { refuseEncoded } from './check-id.ts';
import { describePostMany } from './describe-submits.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { idempotencyKeyOf, underKey } from './idempotency-key.ts';
import type { OwnPace } from './own-pace.ts';
import { laneOfPriority } from './priority.ts';
import { parametersOf } from './query-values.ts';
import type { BodyLimits } from './read-json-body.ts';
import { type Common, createLineReader } from './read-line.ts';
import { mustBeNew, traceparentOf } from './read-submission.ts';
import type { Submit } from './submit.ts';

export type PostManyDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  submit: Submit;
  limits: BodyLimits;
  followUps: FollowUpReaders;
  ownPace: OwnPace;
  log: Logger;
};

const ndjson = 'application/x-ndjson';

/** After an early end the client is still sending: what it sends is thrown away for so long (milliseconds), so that it can read the end. */
const lingerMs = 2_000;

const isBlank = (line: Buffer) => line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);

const accepted = (line: number, { known, job: { type, id } }: { known: boolean; job: JobDocument }) =>
  `{"line":${line},"status":${known ? 200 : 202},"type":"${type}","id":"${id}","location":"${jobStatusLink(type, id)}"}\n`;

const refused = (line: number, error: PutlogError, instance?: string) =>
  `${JSON.stringify({ line, ...problemOf(error), ...(instance && { instance }) })}\n`;

function asContentType() {
  return new PutlogError(
    'unsupported-media-type',
    `many jobs are ${ndjson}, one JSON object a line; one job is application/json, to /jobs/{type} or /jobs/{type}/{id}`,
  );
}

export const postManyRoutes =
  ({ jobs, submit, limits, followUps, ownPace, log }: PostManyDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { maxPayloadBytes, bodyTimeoutMs } = limits;
    const readLine = createLineReader({ jobs, followUps });
    const running = new Set<ReturnType<typeof answerLines>>();

    /** The answer to each line. What nobody expected is in the log. */
    const answerOf = (common: Common, requestId: string) => {
      const toldAs = (error: unknown): PutlogError => {
        if (error instanceof PutlogError) return error;
        log.error({ err: error, requestId }, 'a line failed unexpectedly');
        return new PutlogError('internal-error', `the cause is in the log, under request id ${requestId}`);
      };
      return (line: Buffer | 'too-long', number: number): string | Promise<string> => {
        if (line === 'too-long') return refused(number, tooLong(maxPayloadBytes));
        if (isBlank(line)) return '';
        try {
          const { submission, byKey } = readLine(line, number, common);
          const instance = jobStatusLink(submission.job.type, submission.id);
          const submitted = submit(submission);
          return (byKey ? underKey(submitted) : submitted).then(
            (answer) => accepted(number, answer),
            (error) => refused(number, toldAs(error), instance),
          );
        } catch (error) {
          return refused(number, toldAs(error));
        }
      };
    };

    function start(request: FastifyRequest, reply: FastifyReply) {
      const { raw: body, headers, id } = request;
      const { value: parameter } = parametersOf(request.url, []).next();
      if (parameter !== undefined) throw new PutlogError('malformed-request', 'what a job asks for stands in its line');
      const common: Common = {
        ...{ traceparent: traceparentOf(request), mustBeNew: mustBeNew(request) },
        lane: laneOfPriority(headers.priority),
        idempotencyKey: idempotencyKeyOf(headers['idempotency-key']),
        caller: callerName(request),
        assertMayTouch: (types) => assertMayTouch(request, types),
      };
      const answers = answerLines(body, {
        ...{ answer: answerOf(common, id), maxLineBytes: maxPayloadBytes, lineTimeoutMs: bodyTimeoutMs },
        tooSlow: (number) =>
          refused(number, new PutlogError('request-timeout', `no line arrived within ${bodyTimeoutMs} ms`)),
      });
      running.add(answers);
      ownPace.add(body.socket);
      reply.raw.once('close', () => {
        running.delete(answers);
        ownPace.delete(body.socket);
      });
      reply.raw.once('finish', () => !body.readableEnded && linger(body));
      // Where the client goes away fastify destroys it: no more is read, and what was begun stays accepted.
      return answers.output;
    }

    app.addHook('preClose', (closed) => {
      const stopping = new PutlogError(
        'shutting-down',
        'this line and those behind it were not taken; send them again',
      );
      for (const { breakOff } of running) breakOff((number) => refused(number, stopping));
      closed();
    });
    app.addContentTypeParser(ndjson, (_request, _body, parsed) => parsed(null));
    app.addContentTypeParser('*', (_request, _body, parsed) => parsed(asContentType()));
    app.post('/jobs', { config: describePostMany, onRequest: refuseEncoded }, (request, reply) => {
      if (request.headers['content-type'] === undefined) throw asContentType();
      const answers = start(request, reply);
      reply.header('content-type', ndjson).header('cache-control', 'no-store').header('x-accel-buffering', 'no');
      return reply.send(answers);
    });
    done();
  };

const tooLong = (maxPayloadBytes: number) =>
  new PutlogError(
    'payload-too-large',
    `a line may have at most ${maxPayloadBytes} bytes; PUT larger data to /blobs/{id} and send a reference to it`,
  );

function linger(body: IncomingMessage) {
  const { socket } = body;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  const leave = () => clearTimeout(timer);
  // Where it does come to its end the connection is good for another request.
  body.once('end', leave);
  socket.once('close', leave);
  body.resume();
}
