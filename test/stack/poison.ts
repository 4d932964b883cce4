// Values that are no command that can be run, one of each kind, for the tests of worker and projector: each must become
// one dead event with exactly these bytes, and must hold nothing up.
import { encodeWire } from '../../platform/wire-format.ts';
import { type Command, commandType } from '../../schemas/command.ts';

/** Ids in the registry: of the command's schema, of the event's, of a JSON schema, and one that is nobody's. */
export type SchemaIds = { command: number; event: number; json: number; unknown: number };

export type Poison = { kind: string; value: Buffer | null; code: string; detail: RegExp };

/** `good` is a command that would run; its type and id must be nobody else's. */
export function poisonOfEveryKind(good: Command, ids: SchemaIds): Poison[] {
  const wire = (fields: Partial<Command> = {}) => encodeWire(commandType, ids.command, { ...good, ...fields });
  const under = (id: number, bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE(id, 1);
    return copy;
  };
  const ofBody = (...bytes: number[]) => under(ids.command, Buffer.from([0, 0, 0, 0, 0, ...bytes]));
  /** One byte of a string that stands in the command becomes another. */
  const spoilt = (text: string, byte: number) => {
    const bytes = wire();
    bytes[bytes.lastIndexOf(text) + 1] = byte;
    return bytes;
  };
  const undecodable = (kind: string, value: Buffer | null, detail: RegExp): Poison => ({
    ...{ kind, value, detail },
    code: 'record-undecodable',
  });
  const huge = 'x'.repeat(900_000);
  const whole = wire();
  return [
    undecodable('no value', null, /^the record has no value$/),
    undecodable('an empty value', Buffer.alloc(0), /^the value has 0 bytes/),
    undecodable('too few bytes', Buffer.from([0, 0, 0, 7]), /^the value has 4 bytes/),
    undecodable('another first byte', Buffer.from('{"kind":"submit"}'), /^the value begins with byte 123/),
    undecodable('almost 1 MiB of anything', Buffer.alloc(1_040_000, 'any'), /^the value begins with byte 97/),
    undecodable('an unknown schema', under(ids.unknown, whole), /no schema with id/),
    undecodable('the schema of an event', under(ids.event, whole), /is not one of putlog\.Command/),
    undecodable('a JSON schema', under(ids.json, whole), /is not an Avro schema/),
    undecodable('a body cut short', whole.subarray(0, -3), /cut short|truncated/),
    undecodable('bytes left over', Buffer.concat([whole, Buffer.from('more')]), /bytes are left over/),
    undecodable('a kind that does not exist', ofBody(2, 0), /the Avro body cannot be read/),
    undecodable(
      'a length beyond any',
      ofBody(0, 255, 255, 255, 255, 255, 255, 255, 127),
      /the Avro body cannot be read/,
    ),
    undecodable('a string that is not UTF-8', spoilt(good.digest, 0xff), /a string is not UTF-8/),
    undecodable('an id that no address can name', wire({ id: 'a/b' }), /its id is not/),
    undecodable('a huge id', wire({ id: huge }), /its id is not/),
    undecodable('a huge ordering key', wire({ key: huge }), /its key has 900000 characters/),
    undecodable('a time that is none', wire({ submittedAt: 8.7e15 }), /the time of its submission/),
    { kind: 'a job type that is not there', value: wire({ type: 'no.such' }), ...unknownType },
  ];
}

const unknownType = { code: 'unknown-job-type', detail: /no job type "no\.such"/ };
