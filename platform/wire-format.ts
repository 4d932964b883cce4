// Confluent wire format: a zero byte, the schema's id in four bytes, the Avro body. Encoding and decoding are
// synchronous once an id is known; a writer's schema that is new here is asked of the registry once.
// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
import type { Type } from 'avsc';
import avro from 'avsc';

/** The bytes cannot be decoded, now or ever: this record is poison. */
export class UndecodableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UndecodableError';
  }
}

const scratch = { buffer: Buffer.allocUnsafe(65_536) };

export function encodeWire(type: Type, schemaId: number, value: unknown): Buffer {
  let end = type.encode(value, scratch.buffer, 5);
  if (end < 0) {
    scratch.buffer = Buffer.allocUnsafe((scratch.buffer.length - end) * 2);
    end = type.encode(value, scratch.buffer, 5);
  }
  scratch.buffer[0] = 0;
  scratch.buffer.writeUInt32BE(schemaId, 1);
  return Buffer.from(scratch.buffer.subarray(0, end));
}

/** @throws UndecodableError */
export function schemaIdOf(value: Buffer | null): number {
  if (value === null) throw new UndecodableError('the record has no value');
  if (value.length < 6) throw new UndecodableError(`the value has ${value.length} bytes, too few for the wire format`);
  if (value[0] !== 0) throw new UndecodableError(`the value begins with byte ${value[0]}, not with 0`);
  return value.readUInt32BE(1);
}

/** Gives the Avro schema (JSON) under an id. Rejects with UndecodableError where there is none for ever. */
export type SchemaById = (id: number) => Promise<object>;

/** Says what is wrong with a value that could be decoded, as a clause; undefined: nothing. */
export type FindFault<T> = (value: T) => string | undefined;

/** What a decoder puts in the place of bytes that are not UTF-8. */
const replacement = '\ufffd';

/** Strings that are not UTF-8 would be changed without a word: two ids could become one. */
function hasForeignText(decoded: object, bytes: Buffer): boolean {
  const count = (of: string | Buffer) => {
    let found = 0;
    for (let at = of.indexOf(replacement); at !== -1; at = of.indexOf(replacement, at + 1)) found++;
    return found;
  };
  let shown = 0;
  for (const field of Object.values(decoded)) if (typeof field === 'string') shown += count(field);
  return shown > 0 && shown > count(bytes);
}

/**
 * A decoder of one type, a record, for every version of its schema. It answers at once for ids it has met.
 * @throws (or rejects with) UndecodableError: poison. Any other rejection: the registry is away, try again.
 */
export function createDecoder<T extends object>(
  type: Type,
  ownId: number,
  schemaById: SchemaById,
  findFault: FindFault<T> = () => undefined,
) {
  type Resolver = ReturnType<Type['createResolver']> | undefined;
  const resolvers = new Map<number, Resolver>([[ownId, undefined]]);

  function decodeWith(resolver: Resolver, value: Buffer): T {
    const decoded = avroBody(resolver, value);
    const fault = hasForeignText(decoded, value) ? 'a string is not UTF-8' : findFault(decoded);
    if (fault !== undefined) throw new UndecodableError(`not a ${type.name} that can be used: ${fault}`);
    return decoded;
  }

  function avroBody(resolver: Resolver, value: Buffer): T {
    try {
      const { value: decoded, offset } = type.decode(value, 5, resolver);
      if (offset !== value.length) throw new Error(offset < 0 ? 'it is cut short' : 'bytes are left over');
      return decoded;
    } catch (error) {
      throw new UndecodableError(`the Avro body cannot be read: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }

  async function learn(id: number, value: Buffer): Promise<T> {
    const writer = await schemaById(id);
    try {
      resolvers.set(id, type.createResolver(avro.Type.forSchema(writer as avro.Schema)));
    } catch (error) {
      throw new UndecodableError(
        `schema ${id} is not one of ${type.name}: ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
    }
    return decodeWith(resolvers.get(id), value);
  }

  return (value: Buffer | null): T | Promise<T> => {
    const id = schemaIdOf(value);
    if (value === null) throw new UndecodableError('the record has no value');
    return resolvers.has(id) ? decodeWith(resolvers.get(id), value) : learn(id, value);
  };
}
