// Whether some text stands anywhere: the bytes of every record of every topic of a system, and of every document of its database, as they
// are kept and not as anybody reads them.
import { BSON, type Db } from 'mongodb';
import { createKafka } from '../../platform/kafka.ts';
import { readAll, silent, watchedCluster } from '../stack/log.ts';

export type Places = { topics: number; records: number; documents: number; found: string[] };

async function topicsOf(brokers: string, prefix: string): Promise<string[]> {
  const admin = createKafka({ brokers, clientId: 'test', log: silent }).admin();
  await admin.connect();
  try {
    return (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
  } finally {
    await admin.disconnect();
  }
}

/** In the clear, or as base64: whoever keeps bytes as text keeps them so. */
const shapesOf = (text: string): Buffer[] => [
  Buffer.from(text),
  // Of three ways in which it can stand in base64 one is met whatever stands before it.
  ...[0, 1, 2].map((shift) => {
    const padded = Buffer.from(`${'\0'.repeat(shift)}${text}`).toString('base64');
    return Buffer.from(padded.slice(shift === 0 ? 0 : 4, 4 * Math.floor((text.length + shift) / 3)));
  }),
];

/** Names what holds any of these texts, as `<topic>/<partition>@<offset>: <text>` and `<collection>/<_id>: <text>`. */
export async function searchRaw(
  { brokers, prefix, db }: { brokers: string; prefix: string; db: Db },
  texts: readonly string[],
): Promise<Places> {
  const shapes = texts.map((text) => ({ text, bytes: shapesOf(text) }));
  const found = new Set<string>();
  const look = (where: string, bytes: Buffer | null) => {
    for (const one of shapes)
      if (bytes !== null && one.bytes.some((shape) => bytes.includes(shape))) found.add(`${where}: ${one.text}`);
  };
  const topics = await topicsOf(brokers, prefix);
  const cluster = await watchedCluster(brokers, topics);
  let records = 0;
  try {
    for (const [topic, ends] of await cluster.offsets(topics, 'latest'))
      for (let partition = 0; partition < ends.length; partition++)
        for (const { key, value, headers, offset } of await readAll(cluster, topic, partition)) {
          records++;
          const where = `${topic}/${partition}@${offset}`;
          for (const part of [key, value, Buffer.from(JSON.stringify(headers))]) look(where, part);
        }
  } finally {
    await cluster.close();
  }
  let documents = 0;
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    for await (const document of db.collection(name).find()) {
      documents++;
      look(`${name}/${String(document._id)}`, Buffer.from(BSON.serialize(document)));
    }
  return { topics: topics.length, records, documents, found: [...found].sort() };
}
