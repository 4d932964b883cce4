// Reads the fields of a record, one after the other: varints, and bytes that are as long as a varint before them says.
// https://kafka.apache.org/documentation/#record

/** @throws Error where the bytes end too soon */
export function createRecordReader(buffer: Buffer, start = 0) {
  let at = start;
  const byte = (): number => {
    const value = buffer[at++];
    if (value === undefined) throw new Error('a record is cut short');
    return value;
  };
  /** Exact up to 2^53; more stands only in a timestamp of nonsense. */
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw new Error('a number of a record has no end');
  };
  return {
    get at() {
      return at;
    },
    byte,
    varint,
    /** By a length that was read before; below zero: there is nothing. */
    move(length: number) {
      if (length > 0) at += length;
    },
    /** Over a field that is as long as a varint before it says. */
    skip() {
      const length = varint();
      if (length === -1) return;
      if (length < 0 || length > buffer.length - at) throw new Error('a field of a record reaches outside');
      at += length;
    },
    /** As long as a varint before it says; null for -1. */
    bytes(): Buffer | null {
      const length = varint();
      if (length === -1) return null;
      if (length < 0 || length > buffer.length - at) throw new Error('a field of a record reaches outside');
      at += length;
      return buffer.subarray(at - length, at);
    },
  };
}
