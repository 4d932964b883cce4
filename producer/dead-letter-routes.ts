// /dead-letters: what ended as dead, a page at a time or one with its bytes, and sending it again by filter, at a rate.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../platform/log.ts';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import { jobStatusLink } from '../schemas/job-status-body.ts';
import { PutlogError } from '../schemas/problem.ts';
import { statusType } from './answer-submit.ts';
import { assertMayTouch, typesOf } from './caller.ts';
import type { DeadLetterCursor, DeadLetterFilter, DeadLetters } from './dead-letters.ts';
import { describeDeadLetter, describeDeadLetters, describeRedrive } from './describe-dead-letters.ts';
import { dateTime, parametersOf, refuseQuery, trueOrFalse, wholeNumber } from './query-values.ts';

const iso = (at: number) => new Date(at).toISOString();

const bodyOf = ({ _id: position, type, id, generation, attempt, ...rest }: DeadLetter) => ({
  position,
  ...(type !== '' && { type, id, job: jobStatusLink(type, id) }),
  ...{ generation, attempt, code: rest.code, detail: rest.detail, at: iso(rest.at) },
  ...(rest.redrivenAt !== undefined && { redrivenAt: iso(rest.redrivenAt) }),
});

const cursorOf = ({ at, _id }: DeadLetterCursor) => Buffer.from(JSON.stringify([at, _id])).toString('base64url');

/** @throws PutlogError malformed-request */
function readCursor(text: string): DeadLetterCursor {
  try {
    const [at, _id]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof at === 'number' && typeof _id === 'string') return { at, _id };
  } catch (error) {
    throw new PutlogError('malformed-request', 'the cursor is not one of ours', { cause: error });
  }
  throw new PutlogError('malformed-request', 'the cursor is not one of ours');
}

type Query = { filter: DeadLetterFilter; limit?: number; perSecond?: number; cursor?: DeadLetterCursor };

/** @throws PutlogError malformed-request */
function queryOf(url: string, known: readonly string[], most: number): Query {
  const query: Query = { filter: {} };
  for (const [name, value] of parametersOf(url, known)) {
    if (name === 'cursor') query.cursor = readCursor(value);
    else if (name === 'limit') query.limit = wholeNumber(name, value, 1, most);
    else if (name === 'perSecond') query.perSecond = wholeNumber(name, value, 1, 1_000);
    else if (name === 'after' || name === 'before') query.filter[name] = dateTime(name, value);
    else if (name === 'redriven') query.filter.redriven = trueOrFalse(name, value);
    else Object.assign(query.filter, { [name]: value });
  }
  return query;
}

const filters = ['type', 'code', 'position', 'after', 'before'] as const;

export const deadLetterRoutes =
  ({ deadLetters, log }: { deadLetters: DeadLetters; log: Logger }) =>
  (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/dead-letters', { config: describeDeadLetters }, async (request, reply) => {
      const { filter, limit = 50, cursor } = queryOf(request.url, [...filters, 'redriven', 'limit', 'cursor'], 500);
      const letters = await deadLetters.page({ ...filter, types: typesOf(request) }, limit, cursor);
      const last = letters.length === limit ? letters.at(-1) : undefined;
      if (last !== undefined) {
        const next = new URLSearchParams(request.url.split('?')[1]);
        next.set('cursor', cursorOf(last));
        reply.header('link', `</dead-letters?${next}>; rel="next"`);
      }
      reply.header('cache-control', 'no-store').header('content-type', statusType);
      return reply.send(JSON.stringify({ deadLetters: letters.map(bodyOf) }));
    });

    type WithPosition = { Params: { topic: string; partition: string; offset: string } };
    app.get<WithPosition>(
      '/dead-letters/:topic/:partition/:offset',
      { config: describeDeadLetter },
      async (request, reply) => {
        const { topic, partition, offset } = request.params;
        const position = `${topic}/${partition}@${offset}`;
        const found = await deadLetters.find(position);
        if (found === undefined) throw new PutlogError('unknown-dead-letter', `nothing is dead at ${position}`);
        assertMayTouch(request, [found.letter.type]);
        const original = found.original === null ? null : found.original.toString('base64');
        reply.header('cache-control', 'no-store').header('content-type', statusType);
        return reply.send(JSON.stringify({ ...bodyOf(found.letter), original }));
      },
    );

    app.post('/dead-letters/redrive', { config: describeRedrive }, async (request, reply) => {
      const query = queryOf(request.url, [...filters, 'limit', 'perSecond'], 10_000);
      if (Object.keys(query.filter).length === 0)
        throw refuseQuery(`is missing: say which, by one or more of ${filters.join(', ')}`);
      const { filter, limit = 1_000, perSecond = 50 } = query;
      const redriving = deadLetters.redrive({ ...filter, types: typesOf(request) }, { limit, perSecond });
      // The first one before the answer begins: what cannot be done at all is a problem document.
      const first = await redriving.next();
      async function* lines() {
        for (let step = first; !step.done; step = await redriving.next())
          yield `${JSON.stringify({ ...bodyOf(step.value.letter), outcome: step.value.outcome })}\n`;
      }
      const body = Readable.from(lines());
      body.on('error', (error) => log.warn({ err: error }, 'a redrive was interrupted; ask for the rest again'));
      return reply.header('content-type', 'application/x-ndjson').header('cache-control', 'no-store').send(body);
    });
    done();
  };
