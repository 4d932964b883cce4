// How an error is said, on the error output: what went wrong, in the words of whoever refused, and what to do about it.
import { CommanderError } from 'commander';
import { ConnectionError, type Problem, ProblemError } from '../client/problem-error.ts';
import { isSilence } from './exit-code.ts';
import { jsonText, shown } from './shown.ts';
import { spanText } from './span.ts';

const codeIn = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : codeIn(error.cause);
};

/** What is at the bottom of it: a code of the system, or the words of the first error. */
const reasonOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  return codeIn(error) ?? (error.cause === undefined ? error.message : reasonOf(error.cause));
};

const advice: Readonly<Record<string, string>> = {
  unauthenticated: 'PUTLOG_KEY holds the key; putlog keys add makes one',
  'insufficient-scope': 'another key is needed; putlog keys list says what each may do',
  'type-not-allowed': 'another key is needed; putlog keys list says what each may do',
};

/** One line for each fault of a payload. */
function ofProblem({ problem, retryAfter }: ProblemError): string[] {
  const { title, detail, code, errors = [] } = problem satisfies Problem;
  const help = advice[code];
  return [
    `error: ${shown(detail || title)} (${shown(code)})`,
    ...errors.map((fault) => `  ${shown(fault.pointer || '/')}: ${shown(fault.detail)}`),
    ...(retryAfter === undefined ? [] : [`  it may go through in ${spanText(retryAfter)}`]),
    ...(help === undefined ? [] : [`  ${help}`]),
  ];
}

function ofSilence(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error);
  const reason = reasonOf(error);
  const why = reason === undefined || message.includes(reason) ? '' : `: ${reason}`;
  const where =
    error instanceof ConnectionError
      ? 'is the API there? --url or PUTLOG_URL says where it is'
      : 'KAFKA_BROKERS and MONGODB_URI say where they are; in the folder of a putlog start they need not be given';
  return [`error: ${shown(message)}${shown(why)}`, `  ${where}`];
}

/** Lines; none where commander has said it already. `json`: one line, a problem document where there is one. */
export function errorLines(error: unknown, { json }: { json: boolean }): string[] {
  if (error instanceof CommanderError) return [];
  if (json) {
    const told = error instanceof ProblemError ? error.problem : undefined;
    return [jsonText(told ?? { title: error instanceof Error ? error.message : String(error), code: codeIn(error) })];
  }
  if (error instanceof ProblemError) return ofProblem(error);
  if (isSilence(error)) return ofSilence(error);
  return (error instanceof Error ? error.message : String(error))
    .split('\n')
    .map((line, at) => `${at === 0 ? 'error: ' : '  '}${shown(line.trim())}`);
}
