// `npm run history`: records what the current version of each schema writes, where that schema is another than the last one that is
// recorded. It only adds files; run twice it writes nothing. Look at what it wrote: that is what records must be read as for ever.
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { encodeWire } from '../../platform/wire-format.ts';
import {
  type AvroSchema,
  asJson,
  createReading,
  currentSchemas,
  fileOf,
  idOf,
  recordsIn,
  type SchemaName,
  schemaNames,
  serve,
  typeOf,
  versionsOf,
  wholeHistory,
  withoutDoc,
} from './history.ts';
import { cancelSamples, commandSamples, eventSamples, fenceSamples, type Sample, settingSamples } from './samples.ts';

const samplesOf: Readonly<Record<SchemaName, (version: number) => Sample<object>[]>> = {
  ...{ command: commandSamples, event: eventSamples, fence: fenceSamples, cancel: cancelSamples },
  setting: settingSamples,
};

async function add(name: SchemaName): Promise<void> {
  const schema = JSON.parse(JSON.stringify(currentSchemas[name])) as AvroSchema;
  const before = versionsOf(name);
  const last = before.at(-1);
  if (last !== undefined && isDeepStrictEqual(withoutDoc(last.schema), withoutDoc(schema)))
    return console.log(`${name}: version ${last.version} is recorded`);
  const version = before.length + 1;
  const id = idOf(name, version);
  const type = typeOf(schema);
  const history = wholeHistory();
  const read = createReading(serve([...history, { name, version, id, schema, records: [] }]));
  const lines = [JSON.stringify({ id, schema })];
  for (const { value: sample, topic, at, key, headers } of samplesOf[name](version)) {
    const offset = recordsIn(topic, history).length + lines.length - 1;
    const value = encodeWire(type, id, sample).toString('base64');
    const record = { topic, offset, at, key, headers, value };
    const { decoded: _, ...reading } = await read(name, record);
    lines.push(JSON.stringify({ ...record, ...asJson(reading) }));
  }
  // wx: what is recorded is never written again.
  writeFileSync(fileOf(name, version), `${lines.join('\n')}\n`, { flag: 'wx' });
  console.log(`${name}: version ${version} is new, with ${lines.length - 1} records`);
}

for (const name of schemaNames) await add(name);
