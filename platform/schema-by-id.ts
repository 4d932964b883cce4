// Avro schemas by the id that stands in front of each value: one look-up an id, a miss is remembered for a while. It only reads, and
// needs no client of the registry: who subscribes has nothing to register. The registry of the services is made of it too.
import { UndecodableError } from './wire-format.ts';

const missingFor = 30_000;
const answersWithin = 5_000;

type Found = { schema: string; schemaType?: string; references?: unknown[] };

/** Confluent leaves the type of an Avro schema out, others name it. @throws UndecodableError where it is no schema of ours */
function avroOf(id: number, { schema, schemaType = 'AVRO', references = [] }: Found): object {
  if (schemaType !== 'AVRO') throw new UndecodableError(`schema ${id} is not an Avro schema but ${schemaType}`);
  if (references.length > 0) throw new UndecodableError(`schema ${id} refers to other schemas`);
  try {
    return JSON.parse(schema);
  } catch (error) {
    throw new UndecodableError(`schema ${id} is not JSON`, { cause: error });
  }
}

/** `https://me:secret@registry/…`: fetch takes no address with a password, and the client wants both apart. */
export function withoutPassword(address: string) {
  const url = new URL(address);
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  if (username === '') return { url: address, auth: undefined, headers: {} };
  url.username = '';
  url.password = '';
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  return { url: url.href.replace(/\/$/, ''), auth: { username, password }, headers };
}

/**
 * @param address of the registry; may hold a name and a password
 * @returns one look-up in flight an id; a miss is remembered for 30 s. It rejects with UndecodableError, or with what the network says
 */
export function createSchemaById(address: string): (id: number) => Promise<object> {
  const { url, headers } = withoutPassword(address);
  const known = new Map<number, Promise<object>>();
  const missing = new Map<number, number>();

  /** Not through the client: it compiles what it finds, and a schema that does not compile would count as an absence. */
  async function lookUp(id: number): Promise<object> {
    try {
      const answer = await fetch(`${url}/schemas/ids/${id}`, { headers, signal: AbortSignal.timeout(answersWithin) });
      if (answer.status === 404) {
        missing.set(id, performance.now());
        throw new UndecodableError(`the registry has no schema with id ${id}`);
      }
      if (!answer.ok) throw new Error(`the registry answers ${answer.status} for schema ${id}`);
      return avroOf(id, (await answer.json()) as Found);
    } catch (error) {
      known.delete(id);
      throw error;
    }
  }

  return (id) => {
    const missed = missing.get(id);
    if (missed !== undefined && performance.now() - missed < missingFor)
      return Promise.reject(new UndecodableError(`the registry has no schema with id ${id}`));
    const found = known.get(id) ?? lookUp(id);
    known.set(id, found);
    return found;
  };
}
