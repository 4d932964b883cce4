import { once } from 'node:events';
import { createServer } from 'node:http';
import avro from 'avsc';
import Type from 'typebox';
import { describe, expect, inject, test } from 'vitest';
import { silent as log, randomName } from '../test/stack/log.ts';
import { createRegistry, IncompatibleSchemaError } from './registry.ts';
import { createDecoder, encodeWire, UndecodableError } from './wire-format.ts';

const url = inject('stack').registryUrl;
const open = () => createRegistry({ url, log });
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, namespace: 'test', fields });
const n = { name: 'n', type: 'int' };
const ruleOf = async (subject: string) => {
  const answer = await fetch(`${url}/config/${subject}`);
  return ((await answer.json()) as { compatibilityLevel: string }).compatibilityLevel;
};
const setRule = (subject: string, compatibility: string) =>
  fetch(`${url}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility }),
  });

describe('Avro', () => {
  test('is registered under BACKWARD; the same schema again has the same id', async () => {
    const subject = randomName('avro');
    const id = await open().registerAvro(subject, record('Same', n));
    expect(await open().registerAvro(subject, record('Same', n))).toBe(id);
    expect(await ruleOf(subject)).toBe('BACKWARD');
  });

  test('a compatible change is a new version, and what the old one wrote can be read', async () => {
    const subject = randomName('avro');
    const registry = open();
    const old = record('Grows', n, { name: 'gone', type: 'string' });
    const now = record('Grows', n, { name: 'added', type: 'string', default: 'x' });
    const [oldId, newId] = [await registry.registerAvro(subject, old), await registry.registerAvro(subject, now)];
    expect(newId).not.toBe(oldId);
    const typeOf = (schema: object) => avro.Type.forSchema(structuredClone(schema) as avro.Schema);
    const written = encodeWire(typeOf(old), oldId, { n: 7, gone: 'away' });
    const read = createDecoder(typeOf(now), newId, registry.schemaById);
    expect(await read(written)).toMatchObject({ n: 7, added: 'x' });
  });

  test('an incompatible change is refused, and the message names subject and field', async () => {
    const subject = randomName('avro');
    await open().registerAvro(subject, record('Breaks', n));
    const refused = open().registerAvro(subject, record('Breaks', n, { name: 'required', type: 'string' }));
    await expect(refused).rejects.toThrow(IncompatibleSchemaError);
    await expect(refused).rejects.toThrow(new RegExp(`${subject}.*BACKWARD[^]*required`));
    await expect(refused).rejects.toMatchObject({ cause: expect.any(Error) });
  });
});

describe('JSON Schema', () => {
  test('is registered with formats and keywords that are not of the standard', async () => {
    const schema = Type.Object(
      { to: Type.String({ format: 'uri' }), at: Type.String({ format: 'my-own' }) },
      { unit: 'mm' },
    );
    const subject = randomName('json');
    expect(await open().registerJson(subject, schema)).toBe(await open().registerJson(subject, schema));
  });

  test('is registered likewise: more is allowed later, less is refused with the field', async () => {
    const subject = randomName('json');
    const before = Type.Object({ width: Type.Integer(), name: Type.String() }, { additionalProperties: false });
    const wider = Type.Object({ width: Type.Number(), name: Type.String() }, { additionalProperties: false });
    const narrower = Type.Object({ width: Type.Boolean(), name: Type.String() }, { additionalProperties: false });
    const id = await open().registerJson(subject, before);
    expect(await open().registerJson(subject, before)).toBe(id);
    expect(await ruleOf(subject)).toBe('BACKWARD');
    expect(await open().registerJson(subject, wider)).not.toBe(id);
    const refused = open().registerJson(subject, narrower);
    await expect(refused).rejects.toThrow(IncompatibleSchemaError);
    await expect(refused).rejects.toThrow(/width/);
  });
});

describe('the rule of a subject', () => {
  test('that is stricter is kept', async () => {
    const subject = randomName('avro');
    await setRule(subject, 'FULL');
    await open().registerAvro(subject, record('Strict', n));
    expect(await ruleOf(subject)).toBe('FULL');
  });

  test('that is laxer stops the process, and is left as it is', async () => {
    const subject = randomName('avro');
    await setRule(subject, 'FORWARD');
    await expect(open().registerAvro(subject, record('Lax', n))).rejects.toThrow(/rule in the registry is FORWARD/);
    expect(await ruleOf(subject)).toBe('FORWARD');
  });
});

test('five processes that register at once get one id', async () => {
  const subject = randomName('avro');
  const ids = await Promise.all([1, 2, 3, 4, 5].map(() => open().registerAvro(subject, record('Race', n))));
  expect(new Set(ids).size).toBe(1);
  expect(await ruleOf(subject)).toBe('BACKWARD');
});

describe('a schema by its id', () => {
  test('an id that does not exist is undecodable, and is not asked for again', async () => {
    let asked = 0;
    const passOn = createServer(async (request, response) => {
      asked++;
      const answer = await fetch(new URL(request.url ?? '', url));
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    }).listen(0, '127.0.0.1');
    await once(passOn, 'listening');
    const address = passOn.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const missing = createRegistry({ url: `http://127.0.0.1:${port}${new URL(url).pathname}`, log });
    for (let i = 0; i < 3; i++) await expect(missing.schemaById(2_000_000_000)).rejects.toThrow(UndecodableError);
    expect(asked).toBe(1);
    passOn.close();
  });

  test('of something that is no Avro schema is undecodable', async () => {
    const registry = open();
    const id = await registry.registerJson(randomName('json'), Type.Object({ a: Type.String() }));
    await expect(registry.schemaById(id)).rejects.toThrow(UndecodableError);
  });

  test('with the registry away is another error, and is asked for again', async () => {
    const away = createRegistry({ url: 'http://127.0.0.1:9', log });
    for (let i = 0; i < 2; i++) {
      const error: unknown = await away.schemaById(1).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(UndecodableError);
    }
    await expect(away.ping()).rejects.toThrow();
    await expect(away.registerAvro('s', record('Away', n))).rejects.not.toThrow(IncompatibleSchemaError);
  });
});
