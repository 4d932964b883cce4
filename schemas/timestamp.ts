// Avro's type of every time in our schemas: milliseconds since the epoch.

export const timestamp = { type: 'long', logicalType: 'timestamp-millis' };
