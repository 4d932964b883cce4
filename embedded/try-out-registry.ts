import type { Part } from './part.ts';

/** Registers a schema of each kind and reads it again: the requests that every start of Putlog makes. */
export async function tryOutRegistry({ address }: Part): Promise<void> {
  const record = { type: 'record', name: 'Trial', fields: [{ name: 'n', type: 'int' }] };
  const kinds = [
    { schemaType: 'AVRO', schema: JSON.stringify(record) },
    { schemaType: 'JSON', schema: JSON.stringify({ type: 'object', properties: { n: { type: 'integer' } } }) },
  ];
  for (const { schemaType, schema } of kinds) {
    const subject = `${address}/subjects/trial-${schemaType}`;
    await ask('PUT', `${address}/config/trial-${schemaType}`, { compatibility: 'BACKWARD' });
    await ask('POST', `${subject}/versions`, { schemaType, schema });
    await ask('GET', `${subject}/versions/latest`);
    await ask('POST', `${subject}/versions`, { schemaType, schema });
  }
}

/** The answer does not matter here, only that there is one. */
async function ask(method: string, url: string, body?: unknown): Promise<void> {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(url, { method, ...json, signal: AbortSignal.timeout(20_000) });
  await response.arrayBuffer();
}
