// GET /jobs/{type}/{id}/events: what the log says of a job, as a JSON array, or as an event stream that goes on until the job is over.
// GET /events: what happens to all jobs from now on, as an event stream.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { isTypeName } from '../schemas/define-job.ts';
import { type EventKind, eventKinds } from '../schemas/event.ts';
import type { JobDocument } from '../schemas/job-status.ts';
import { jobStatusLink } from '../schemas/job-status-body.ts';
import { statusType } from './answer-submit.ts';
import { touchable } from './caller.ts';
import { checkId } from './check-id.ts';
import { clientGone } from './client-gone.ts';
import { describeEvents, describeJobEvents } from './describe-events.ts';
import type { EventFilter } from './event-hub.ts';
import type { Follow } from './follow.ts';
import type { JobHistory } from './job-history.ts';
import { parametersOf, refuseQuery, wholeNumber } from './query-values.ts';
import { type ReadJob, unknownJob } from './read-job.ts';
import { unknownJobType } from './refuse-submit.ts';
import type { Streams } from './streams.ts';
import { lastHeardOf, type ToldEvent } from './told-event.ts';

type WithTypeAndId = { Params: { type: string; id: string } };

export type EventDependencies = {
  jobs: ReadonlyMap<string, LoadedJob>;
  readJob: ReadJob;
  history: JobHistory;
  follow: Follow;
  streams: Streams;
};

const mostEvents = 1_000;

const wantsStream = ({ headers }: FastifyRequest): boolean =>
  /(?:^|,)\s*text\/event-stream\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/i.test(headers.accept ?? '');

/** @throws PutlogError malformed-request */
function pageOf(url: string): { limit: number; from: number | undefined } {
  const page: ReturnType<typeof pageOf> = { limit: 100, from: undefined };
  for (const [name, value] of parametersOf(url, ['limit', 'cursor'])) {
    if (name === 'limit') page.limit = wholeNumber(name, value, 1, mostEvents);
    else if (!/^[0-9a-z]{1,10}$/.test(value)) throw refuseQuery('"cursor" must be one of a Link of an earlier answer');
    else page.from = Number.parseInt(value, 36);
  }
  return page;
}

const isKind = (text: string): text is EventKind => eventKinds.some((kind) => kind === text);

/** @throws PutlogError malformed-request */
function filterOf(url: string): EventFilter {
  const filter: EventFilter = { types: undefined, kinds: undefined };
  for (const [name, value] of parametersOf(url, ['type', 'kind'])) {
    const texts = value.split(',');
    if (name === 'type') {
      const wrong = texts.find((text) => !isTypeName(text));
      if (wrong !== undefined) throw refuseQuery(`"type" must name job types, separated by commas; "${wrong}" is none`);
      filter.types = new Set(texts);
    } else {
      const kinds = texts.filter(isKind);
      if (kinds.length !== texts.length) throw refuseQuery(`"kind" must be of ${eventKinds.join(', ')}`);
      filter.kinds = new Set(kinds);
    }
  }
  return filter;
}

export const eventRoutes =
  ({ jobs, readJob, history, follow, streams }: EventDependencies) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.addHook('preClose', () => streams.close());

    async function answerPage(job: JobDocument, request: FastifyRequest, reply: FastifyReply) {
      const { limit, from } = pageOf(request.url);
      const events: ToldEvent[] = [];
      const end = await history.endOf(job);
      for await (const told of history.read(job, { from, end, gone: clientGone(reply) })) {
        events.push(told);
        if (events.length > limit) break;
      }
      const [next] = events.splice(limit);
      if (next !== undefined) {
        const cursor = next.position.offset.toString(36);
        reply.header('link', `<${jobStatusLink(job.type, job.id)}/events?limit=${limit}&cursor=${cursor}>; rel="next"`);
      }
      return reply.header('content-type', statusType).send(`[${events.map(({ json }) => json()).join(',')}]`);
    }

    app.get<WithTypeAndId>('/jobs/:type/:id/events', {
      config: describeJobEvents,
      // A stream has no end that its header fields could tell of.
      exposeHeadRoute: false,
      onRequest: checkId,
      handler: async (request, reply) => {
        const { type, id } = request.params;
        if (!isTypeName(type)) throw unknownJobType(type, jobs);
        const job = await readJob(type, id);
        if (job === undefined) throw unknownJob(type, id);
        reply.header('cache-control', 'no-store').header('vary', 'Accept');
        if (!wantsStream(request)) return answerPage(job, request, reply);
        const heard = lastHeardOf(request.headers['last-event-id'], job._id);
        // It has heard all, and would come back for more for ever.
        if (heard?.terminal && heard.generation >= job.generation) return reply.code(204).send();
        await follow.job(job, heard, () => streams.open(reply));
        return reply;
      },
    });

    app.get('/events', {
      config: describeEvents,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const filter = filterOf(request.url);
        const allowed = touchable(request, jobs.keys());
        if (allowed !== undefined) filter.types ??= new Set(allowed);
        await follow.many(filter, () => streams.open(reply));
        return reply;
      },
    });
    done();
  };
