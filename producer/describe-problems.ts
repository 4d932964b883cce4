// What the API description says of the problems that a route may answer: for each status which codes it stands for, so that a client
// can tell them apart without a trial. The describe-*.ts files name them; what any route may answer is added here.
import type { FastifySchema } from 'fastify';
import { type ErrorCode, errorCodes } from '../schemas/error-codes.ts';

/** A description, and the codes that the route tells with this status; without codes: all that have it. */
export type ToldProblem = string | readonly [description: string, ...codes: ErrorCode[]];

const everywhere: Readonly<Record<number, ErrorCode>> = { 400: 'malformed-request', 503: 'shutting-down' };

const allCodes = Object.keys(errorCodes) as ErrorCode[];
/** Those that a job's own end is told with are in its status, never the status of an answer. */
const codesOf = (status: number): ErrorCode[] =>
  allCodes.filter((code) => errorCodes[code].status === status && !code.startsWith('job-'));

/** @throws TypeError for a code that has another status: a fault of the description, found when the app is built. */
function problemOf(status: number, told: ToldProblem) {
  const [description, ...named] = typeof told === 'string' ? [told] : told;
  const wrong = named.filter((code) => errorCodes[code].status !== status);
  if (wrong.length > 0) throw new TypeError(`${wrong.join(', ')}: not told with status ${status}`);
  const own = named.length === 0 ? codesOf(status) : named;
  const common = everywhere[status];
  const codes = [...new Set(common === undefined ? own : [...own, common])];
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { status: { const: status }, code: { enum: codes } },
  };
  return { description, content: { 'application/problem+json': { schema } } };
}

/** Responses of a route. */
export const describeProblems = (told: Record<number, ToldProblem>) =>
  Object.fromEntries(Object.entries(told).map(([status, problem]) => [status, problemOf(Number(status), problem)]));

const usual = describeProblems({
  400: ['The request is malformed', 'malformed-request'],
  503: ['The process is stopping; another one answers', 'shutting-down'],
});
const usualOfIds = describeProblems({ 400: ['The id is not allowed', 'invalid-id', 'malformed-request'] });

const takesId = ({ params }: FastifySchema) =>
  typeof params === 'object' && params !== null && JSON.stringify(params).includes('"id"');

/** The schema of a route with what any route may answer, where it does not say itself. */
export const withUsualProblems = (schema: FastifySchema): FastifySchema => ({
  ...schema,
  response: { ...usual, ...(takesId(schema) && usualOfIds), ...Object(schema.response) },
});
