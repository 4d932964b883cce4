// What is wrong with an answer of the API to whatever it was asked; nothing: it is as it must be. Used by the tests of mutated requests.
import { errorCodes } from '../../schemas/error-codes.ts';

export type Given = { status: number; contentType: string; body: string };

/** Of a stack, of a source file, of the runtime. */
const inside = /\bat [\w.<>]+ \(|\bat file:|at \/[\w./-]+:\d|node:internal|node_modules|\.ts:\d|\.js:\d/;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @param method of the request: an answer to HEAD has no body */
export function faultsOf({ status, contentType, body }: Given, method: string): string[] {
  const faults: string[] = [];
  if (status >= 500) faults.push(`status ${status}`);
  if (status < 400) return faults;
  if (!/^application\/problem\+json\b/.test(contentType)) faults.push(`content type "${contentType}"`);
  if (inside.test(body)) faults.push('it tells of the inside');
  if (method === 'HEAD') return faults;
  const problem: Record<string, unknown> = Object(parsed(body));
  if (problem.status !== status) faults.push(`the document says status ${problem.status}`);
  const { code } = problem;
  if (typeof code !== 'string' || !(code in errorCodes)) faults.push(`code ${code}`);
  else if (problem.type !== `urn:putlog:error:${code}`) faults.push(`type ${problem.type}`);
  for (const name of ['title', 'detail'])
    if (typeof problem[name] !== 'string' || problem[name] === '') faults.push(`no ${name}`);
  return faults;
}
