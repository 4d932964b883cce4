// What the description shows is true: the example of each job type is taken as it stands, and what comes back fits the schemas that the
// description gives for it. So does every other example in it.
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { beforeAll, expect, test } from 'vitest';
import { loadConfiguredJobs } from '../../platform/load-jobs.ts';
import { createTestApp } from '../../producer/app.fixture.ts';
import { isDelivery } from '../../schemas/own-types.ts';
import { describedApi } from './describe.ts';

type Json = Readonly<Record<string, unknown>>;
type Described = {
  paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, { schema: Json }> }> }>>;
  components: { schemas: Record<string, Json> };
};

let document: Described;
let types: string[];
beforeAll(async () => {
  document = JSON.parse(await describedApi());
  types = [...(await loadConfiguredJobs('')).keys()].filter((type) => !isDelivery(type));
});

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** With what it refers to in place of the references. */
function whole(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(whole);
  if (!isObject(schema)) return schema;
  const { $ref, ...rest } = schema;
  const members = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, whole(value)]));
  if (typeof $ref !== 'string') return members;
  const target = whole(document.components.schemas[$ref.replace('#/components/schemas/', '')]);
  return Object.keys(members).length === 0 ? target : { allOf: [target, members] };
}

function faults(schema: unknown, value: unknown) {
  return Compile(Type.Unsafe(Object(whole(schema)))).Errors(value);
}

test('the example of each job type is accepted, and the answers are what is described', async () => {
  const { app } = createTestApp({ jobs: await loadConfiguredJobs('') });
  expect(types.length).toBeGreaterThan(5);
  for (const type of types) {
    const examples = document.components.schemas[`${type}.payload`]?.examples;
    const [example]: unknown[] = Array.isArray(examples) ? examples : [];
    expect(example, `${type} has no example`).toBeDefined();
    const answer = await app.inject({
      ...{ method: 'PUT', url: `/jobs/${type}/example`, payload: JSON.stringify(example) },
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode, answer.body).toBe(202);
    const { responses } = document.paths[`/jobs/${type}/{id}`]?.put ?? { responses: {} };
    expect(faults(responses['202']?.content['application/json']?.schema, answer.json())).toEqual([]);

    const refused = await app.inject({
      ...{ method: 'PUT', url: `/jobs/${type}/example`, payload: '[{}]' },
      headers: { 'content-type': 'application/json' },
    });
    expect(refused.statusCode).toBe(422);
    const schema = responses['422']?.content['application/problem+json']?.schema;
    expect(faults(schema, refused.json())).toEqual([]);
    expect(faults(schema, { ...Object(refused.json()), code: 'id-conflict' }), 'the codes are listed').not.toEqual([]);
  }
  await app.close();
});

test('every example fits the schema that it stands in', () => {
  let found = 0;
  const visit = (node: unknown): void => {
    if (!isObject(node)) return;
    const { example, examples, ...schema } = node;
    for (const value of [...(Array.isArray(examples) ? examples : []), ...(example === undefined ? [] : [example])]) {
      found += 1;
      expect(faults(schema, value), JSON.stringify(value)).toEqual([]);
    }
    for (const child of Object.values(schema)) visit(child);
  };
  visit(document);
  expect(found).toBeGreaterThanOrEqual(2 * types.length);
});
