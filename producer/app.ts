// The HTTP face of the api process: a fastify app made of its arguments. It listens nowhere; main.ts does that, and tests
// inject requests. Every answer that is not a success is a problem document, and none of them ends the process.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Ready } from '../platform/health-server.ts';
import type { LoadedJob } from '../platform/load-jobs.ts';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { BlobStore } from '../schemas/blob.ts';
import { PutlogError } from '../schemas/problem.ts';
import { type AccessOptions, guard } from './access.ts';
import { logAccess } from './access-log.ts';
import { createAllowedMethods } from './allowed-methods.ts';
import { createAnswerSubmit } from './answer-submit.ts';
import { blobRoutes } from './blob-routes.ts';
import type { CancelJob } from './cancel-job.ts';
import { compressAnswers } from './compress-answers.ts';
import { allowOrigins } from './cross-origin.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import type { DeadLetters } from './dead-letters.ts';
import { deleteJobRoutes } from './delete-job-routes.ts';
import { describeApi, descriptionRoute } from './describe-api.ts';
import { docsPage } from './docs-page.ts';
import { type EventDependencies, eventRoutes } from './event-routes.ts';
import type { FollowUpReaders } from './follow-up-query.ts';
import { getJobRoutes } from './get-job-routes.ts';
import { groupRoutes } from './group-routes.ts';
import type { Groups } from './groups.ts';
import type { JobAt } from './job-at.ts';
import type { ListJobs } from './list-jobs.ts';
import { listJobsRoutes } from './list-jobs-routes.ts';
import { createOwnPace, type OwnPace } from './own-pace.ts';
import { postJobRoutes } from './post-job-routes.ts';
import { postManyRoutes } from './post-many-routes.ts';
import { createErrorHandler, sendProblem } from './problem-answers.ts';
import { createClientErrorHandler } from './problem-client-error.ts';
import { putJobRoutes } from './put-job-routes.ts';
import { queueRoutes } from './queue-routes.ts';
import type { Queues } from './queues.ts';
import type { ReadJob } from './read-job.ts';
import { scheduleRoutes } from './schedule-routes.ts';
import type { Schedules } from './schedules.ts';
import { serviceRoutes } from './service-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import type { Snapshots } from './snapshots.ts';
import { type StatsOptions, statsRoutes } from './stats-routes.ts';
import type { Submit } from './submit.ts';
import type { Waiting } from './waiting.ts';

export type AppDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  submit: Submit;
  readJob: ReadJob;
  listJobs: ListJobs;
  snapshots: Snapshots;
  waiting: Waiting;
  events: Pick<EventDependencies, 'history' | 'follow' | 'streams'> & { jobAt: JobAt };
  cancelJob: CancelJob;
  deadLetters: DeadLetters;
  followUps: FollowUpReaders;
  groups: Groups;
  queues: Queues;
  schedules: Schedules;
  stats: Omit<StatsOptions, 'jobs'>;
  blobs: BlobStore;
  ready: Ready;
  metrics: Pick<Metrics, 'httpRequest' | 'text' | 'contentType'>;
  access: AccessOptions;
  web?: WebOptions | undefined;
  /** Bytes, bytes, milliseconds. A blob has ten times as long to arrive. */
  limits: { maxPayloadBytes: number; maxBlobBytes: number; bodyTimeoutMs: number };
  logger: Logger;
  version: string;
};

/** `tls`: PEM; with it HTTPS, as HTTP/2 or 1.1, as the client likes. `corsOrigins` undefined: none. */
export type WebOptions = {
  tls?: { cert: string; key: string } | undefined;
  corsOrigins?: readonly string[] | undefined;
  accessLog?: boolean;
};

const saneId = /^[\w.:/+=@-]{1,128}$/;

/** What the client calls its request, if that is fit for a header and a log line. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && saneId.test(given) ? given : randomUUID();
}

function createServer({ limits, logger, waiting, web }: AppDependencies, ownPace: OwnPace): FastifyInstance {
  const { bodyTimeoutMs } = limits;
  const requestTimeout = 10 * bodyTimeoutMs;
  const handleError = createErrorHandler(logger);
  const loggerInstance: FastifyBaseLogger = logger;
  // Node's own answers to these are no problem documents either.
  const http = {
    requireHostHeader: false,
    headersTimeout: bodyTimeoutMs,
    requestTimeout,
    connectionsCheckingInterval: Math.min(1_000, bodyTimeoutMs),
  };
  // An object of no known members: fastify's types make another kind of app of each server, and all that is ours fits both.
  const secure: object = web?.tls ? { http2: true, https: { allowHTTP1: true, ...http, ...web.tls } } : {};
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for every request would cost more than the request.
    childLoggerFactory: () => loggerInstance,
    genReqId: requestId,
    requestIdHeader: false,
    trustProxy: false,
    bodyLimit: limits.maxPayloadBytes,
    requestTimeout,
    // The last resort, for clients that take no answer: the socket is cut after so long without a byte either way.
    connectionTimeout: 2 * Math.max(requestTimeout, waiting.maxWaitMs),
    http,
    ...secure,
    // fastify's own answer while closing is not a problem document; the hook below says it.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    // One resource, one address: /jobs/a.b/1/ is not /jobs/a.b/1. Ids of 200 characters may come percent-encoded.
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 1_000 },
    clientErrorHandler: createClientErrorHandler(logger, ownPace),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      handleError(error, request, reply);
    },
  });
  // RFC 9110 §10.1.1 allows to ignore what is expected, and Node's 417 would have no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.setErrorHandler(handleError);
  app.removeAllContentTypeParsers();
  return app;
}

function observe(app: FastifyInstance, { metrics, logger }: AppDependencies): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.httpRequest(route, request.method, reply.statusCode, reply.elapsedTime / 1_000);
    if (logger.isLevelEnabled('debug'))
      logger.debug(
        {
          requestId: request.id,
          method: request.method,
          url: request.url,
          status: reply.statusCode,
          ms: reply.elapsedTime,
        },
        'answered',
      );
    done();
  });
}

/** Await `ready()` or `inject` before use: routes are registered in the order of fastify's plugins. */
export function buildApp(dependencies: AppDependencies): FastifyInstance {
  const {
    jobs,
    submit,
    readJob,
    listJobs,
    snapshots,
    waiting,
    events,
    cancelJob,
    deadLetters,
    followUps,
    groups,
    queues,
    schedules,
    stats,
    blobs,
    ready,
    metrics,
    access,
    web,
    limits,
    logger: log,
    version,
  } = dependencies;
  const ownPace = createOwnPace();
  const app = createServer(dependencies, ownPace);
  const state = { closing: false };
  app.addHook('preClose', async () => {
    state.closing = true;
    // Connections that are busy now would, once idle, hold `close` up for as long as clients like to keep them.
    app.server.keepAliveTimeout = 1;
    await waiting.close();
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (state.closing) done(new PutlogError('shutting-down', 'send it again; another process answers'));
    else if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      done(new PutlogError('malformed-request', 'the header field Host is missing'));
    // Now, because fastify reads the body first, and answers a QUERY without a content type itself.
    else if (request.is404) nothingHere(request, reply);
    else done();
  });
  // RFC 9112 §9.6: on a connection that is about to end nothing more must be sent, or it is answered by a reset.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (state.closing && request.raw.httpVersionMajor === 1) reply.header('connection', 'close');
    done();
  });
  observe(app, dependencies);
  if (web?.accessLog) logAccess(app, log);
  if (web?.corsOrigins) allowOrigins(app, web.corsOrigins);

  const allowed = createAllowedMethods();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.refuses !== true) allowed.add(url, method);
  });
  function nothingHere(request: FastifyRequest, reply: FastifyReply) {
    const methods = allowed.of(request.url);
    if (methods.length === 0)
      return sendProblem(request, reply, new PutlogError('unknown-route', 'the API is described at /docs'));
    reply.header('allow', methods.join(', '));
    return sendProblem(request, reply, new PutlogError('method-not-allowed', `allowed here: ${methods.join(', ')}`));
  }
  app.setNotFoundHandler(nothingHere);

  const answerSubmit = createAnswerSubmit({ submit, waiting });
  app.register(async (api) => {
    guard(api, access);
    compressAnswers(api);
    await describeApi({ jobs, version })(api);
    api.register(putJobRoutes({ jobs, answerSubmit, limits, followUps }));
    api.register(postJobRoutes({ jobs, answerSubmit, limits, followUps }));
    api.register(postManyRoutes({ jobs, submit, limits, followUps, ownPace, log }));
    api.register(listJobsRoutes({ jobs, listJobs, snapshots }));
    api.register(snapshotRoutes({ snapshots }));
    api.register(groupRoutes({ jobs, groups, limits, followUps }));
    api.register(getJobRoutes({ jobs, readJob, waiting, jobAt: events.jobAt }));
    api.register(eventRoutes({ jobs, readJob, ...events }));
    api.register(deleteJobRoutes({ jobs, readJob, cancelJob }));
    api.register(deadLetterRoutes({ deadLetters, log }));
    api.register(queueRoutes({ queues, limits }));
    api.register(scheduleRoutes({ schedules, limits }));
    api.register(blobRoutes({ blobs, maxBlobBytes: limits.maxBlobBytes, log }));
    api.register(serviceRoutes({ ready, metrics }));
    api.register(statsRoutes({ jobs, ...stats }));
    api.register(descriptionRoute(jobs));
    api.register(docsPage);
  });
  return app;
}
