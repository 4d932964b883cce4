// The API's description is OpenAPI 3.1, says what the routes do, holds every job type in full, and its page needs nobody else.
import { expect, test } from 'vitest';
import { errorCodes } from '../schemas/error-codes.ts';
import { createTestApp, jobsForTests } from './app.fixture.ts';

type Parameter = { name: string; in: string; required: boolean };
type Answer = {
  description: string;
  content?: Record<string, { schema?: { properties?: { code?: { enum: string[] } } } }>;
};
type Operation = { operationId: string; parameters?: Parameter[]; responses: Record<string, Answer> };
type Document = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};

async function describedApi(): Promise<Document> {
  const answer = await createTestApp().app.inject('/openapi.json');
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

test('it has the structure of OpenAPI 3.1: unique operations, described answers, every path parameter declared', async () => {
  const document = await describedApi();
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.info).toMatchObject({ title: 'Putlog', version: '1.2.3' });
  const operations = operationsOf(document);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, operation } of operations) {
    expect(operation.operationId).toMatch(/^[a-z0-9.-]+$/);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters?.filter((parameter) => parameter.in === 'path' && parameter.required) ?? [];
    expect(declared.map(({ name }) => name).sort()).toEqual(inPath.sort());
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^[2-5]\d\d$/);
      expect(answer.description).toMatch(/^(?!Default Response).+/);
    }
  }
});

test('it says no more and no less than what is there', async () => {
  expect(
    operationsOf(await describedApi())
      .map(({ method, path }) => `${method} ${path}`)
      .sort(),
  ).toEqual([
    'delete /blobs/{id}',
    'delete /jobs/test.anything/{id}',
    'delete /jobs/test.echo/{id}',
    'delete /jobs/{type}/{id}',
    'delete /limits/{type}',
    'delete /schedules/{id}',
    'delete /snapshots/{id}',
    'get /blobs/{id}',
    'get /dead-letters',
    'get /dead-letters/{topic}/{partition}/{offset}',
    'get /events',
    'get /groups/{id}',
    'get /jobs',
    'get /jobs/test.anything/{id}',
    'get /jobs/test.echo/{id}',
    'get /jobs/{type}/{id}',
    'get /jobs/{type}/{id}/events',
    'get /limits',
    'get /limits/{type}',
    'get /livez',
    'get /metrics',
    'get /queues',
    'get /queues/{queue}',
    'get /readyz',
    'get /schedules',
    'get /schedules/{id}',
    'get /snapshots',
    'get /stats',
    'post /dead-letters/redrive',
    'post /jobs',
    'post /jobs/test.anything',
    'post /jobs/test.echo',
    'post /queues/{queue}/pause',
    'post /queues/{queue}/resume',
    'put /blobs/{id}',
    'put /groups/{id}',
    'put /jobs/test.anything/{id}',
    'put /jobs/test.echo/{id}',
    'put /limits/{type}',
    'put /schedules/{id}',
  ]);
});

test('every problem that a route may answer has its codes, each of which has that status', async () => {
  const document = await describedApi();
  for (const { operation } of operationsOf(document)) {
    expect(operation.responses).toHaveProperty('400');
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (Number(status) < 400 || !content || 'application/json' in content) continue;
      const codes = content['application/problem+json']?.schema?.properties?.code?.enum ?? [];
      expect(codes, `${operation.operationId} ${status}`).not.toEqual([]);
      for (const code of codes) expect(errorCodes).toHaveProperty([code, 'status'], Number(status));
    }
  }
  const put = document.paths['/jobs/test.echo/{id}']?.put?.responses;
  expect(put?.['409']?.content?.['application/problem+json']?.schema?.properties?.code?.enum).toEqual(['id-conflict']);
});

test('every reference leads somewhere', async () => {
  const document = await describedApi();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
  const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
  expect(references.length).toBeGreaterThan(10);
  expect(references.filter((reference) => !known.has(reference ?? ''))).toEqual([]);
});

test('the schemas of a job type stand in it untouched, with the example', async () => {
  const { paths, components } = await describedApi();
  const job = jobsForTests.get('test.echo')?.definition;
  expect(components.schemas['test.echo.payload']).toEqual({
    ...JSON.parse(JSON.stringify(job?.payload)),
    examples: [{ n: 1, text: 'hello' }],
  });
  expect(JSON.stringify(components.schemas['test.echo.status'])).toContain(JSON.stringify(job?.result));
  expect(paths['/jobs/test.echo/{id}']?.put).toMatchObject({
    description: 'Says it again',
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/test.echo.payload' } } } },
  });
});

test('it says which scope each operation needs, and that probes need none', async () => {
  const { paths, components } = await describedApi();
  expect(paths['/jobs/test.echo/{id}']?.put).toMatchObject({ security: [{ bearer: [] }], 'x-putlog-scope': 'submit' });
  expect(paths['/queues/{queue}/pause']?.post).toMatchObject({ 'x-putlog-scope': 'operate' });
  expect(Object.keys(paths['/jobs/test.echo/{id}']?.put?.responses ?? {})).toEqual(
    expect.arrayContaining(['202', '401', '403', '409', '429']),
  );
  expect(paths['/livez']?.get).toMatchObject({ security: [] });
  expect(components).toHaveProperty('securitySchemes.bearer.scheme', 'bearer');
});
