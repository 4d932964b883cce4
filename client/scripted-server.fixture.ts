// For tests: an HTTP server that answers each request as the next step of a script says, and keeps what it was asked. It ends with the test.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type Asked = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
export type Step = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** `status` and a JSON body. */
export const answers =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export const refuses = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Step =>
  answers(
    status,
    { type: `urn:putlog:error:${code}`, title: code, status, detail: 'so it is', code, ...more },
    headers,
  );

/** Goes away without an answer. */
export const hangsUp: Step = (response) => {
  response.destroy();
};

/** @param whole the body is read before the step begins */
export async function scriptedServer(script: Step[], { whole = true } = {}) {
  const asked: Asked[] = [];
  const steps = script[Symbol.iterator]();
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers, body: whole ? await text(request) : '' });
    const { value: step } = steps.next();
    if (step === undefined) response.writeHead(599).end(`nothing is scripted for request ${asked.length}`);
    else await step(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}

export const status = (state: string, more: object = {}) => ({ type: 'word.count', id: '1', state, ...more });
