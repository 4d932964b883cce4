// The schema registry: schemas are registered once at start under BACKWARD compatibility, never per request, and looked
// up by id once. Only this file imports the registry's client.
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { Logger } from './log.ts';
import { createSchemaById, withoutPassword } from './schema-by-id.ts';
import { schemaChanges } from './schema-changes.ts';

/** A schema that the registry will not take beside its earlier versions: the process must not start. */
export class IncompatibleSchemaError extends Error {
  constructor(subject: string, reason: string, options?: ErrorOptions) {
    super(`the schema of ${subject} is not compatible (BACKWARD) with the one that is registered: ${reason}`, options);
    this.name = 'IncompatibleSchemaError';
  }
}

/** What the registry goes by when it tells a JSON Schema from anything else. */
const dialect = 'http://json-schema.org/draft-07/schema#';

const backwardAndStricter = [
  COMPATIBILITY.BACKWARD,
  COMPATIBILITY.BACKWARD_TRANSITIVE,
  COMPATIBILITY.FULL,
  COMPATIBILITY.FULL_TRANSITIVE,
] as const;

/** Apicurio names the fields that differ at the end of its message; what stands before them is its own class names. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return /list of diff types: \[(.*)\]/.exec(message)?.[1] ?? message;
};

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;

/** Given in full, because a caller decides how long to go on. */
const retry = { initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 1, factor: 0.2, multiplier: 2, retries: 2 };

/** @param options `url` may hold a name and a password */
export function createRegistry({ url: address, log }: { url: string; log: Logger }) {
  const { url, auth, headers } = withoutPassword(address);
  // It compiles what it registers, and knows no formats: it would refuse what it is never asked to check.
  const json = { [SchemaType.JSON]: { strict: false, validateFormats: false } };
  const client = new SchemaRegistry({ host: url, clientId: 'putlog', retry, ...(auth && { auth }) }, json);

  async function register(subject: string, kind: SchemaType, schema: object): Promise<number> {
    const compatibility = await compatibilityOf(subject);
    const definition = { type: kind, schema: JSON.stringify(schema) } as Parameters<typeof client.register>[0];
    try {
      const { id } = await client.register(definition, { subject, compatibility, updateConfig: false });
      log.debug({ subject, id }, 'schema registered');
      return id;
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      throw new IncompatibleSchemaError(subject, reasonOf(error) + (await changesOf(subject, schema)), {
        cause: error,
      });
    }
  }

  /** Registries name the kind of a breach, but not always its field; what is unlike the latest version names it. */
  async function changesOf(subject: string, schema: object): Promise<string> {
    const latest = await ask('GET', `/subjects/${encodeURIComponent(subject)}/versions/latest`);
    if (latest.status !== 200) return '';
    // As the registry keeps it: `$schema` is ours to add, and what JSON leaves out is no change.
    const { $schema: _, ...before } = JSON.parse(String(latest.body.schema));
    const { $schema: _also, ...after } = JSON.parse(JSON.stringify(schema));
    return `\n  unlike the latest version: ${schemaChanges(before, after).join('; ')}`;
  }

  /** The rule of a subject: BACKWARD where none is set yet, and whatever is stricter where someone has chosen so. */
  async function compatibilityOf(subject: string): Promise<COMPATIBILITY> {
    const path = `/config/${encodeURIComponent(subject)}`;
    const current = await ask('GET', path);
    const level = current.status === 200 ? String(current.body.compatibilityLevel).toUpperCase() : 'NONE';
    const kept = backwardAndStricter.find((stricter) => stricter === level);
    if (kept !== undefined) return kept;
    if (level !== 'NONE')
      throw new IncompatibleSchemaError(subject, `its rule in the registry is ${level}, not BACKWARD`);
    const set = await ask('PUT', path, { compatibility: COMPATIBILITY.BACKWARD });
    // 409: another process that starts has just set it.
    if (set.status !== 200 && set.status !== 409) throw new Error(`the registry answers ${set.status} to PUT ${path}`);
    return COMPATIBILITY.BACKWARD;
  }

  async function ask(method: string, path: string, body?: object) {
    const answer = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json', ...headers },
      signal: AbortSignal.timeout(5_000),
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  return {
    /** Resolves to the schema's id. @throws IncompatibleSchemaError */
    registerAvro: (subject: string, schema: object) => register(subject, SchemaType.AVRO, schema),
    /** @throws IncompatibleSchemaError */
    registerJson: (subject: string, schema: object) =>
      register(subject, SchemaType.JSON, { $schema: dialect, ...schema }),

    /** As platform/schema-by-id.ts says. */
    schemaById: createSchemaById(address),
    ping: async () => void (await ask('GET', '/subjects')),
  };
}
