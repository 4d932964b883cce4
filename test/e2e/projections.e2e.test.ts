// The projection that docs/projections.md shows, loaded as it says there; and one that cannot go on, which stops alone, says where, and goes on
// once it is mended.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createMongo } from '../../platform/mongo.ts';
import { projectionCollection } from '../../platform/projection-store.ts';
import { until } from '../stack/deadline.ts';
import type { Api } from './api.ts';
import { useSystem } from './system.ts';

const examples = join(import.meta.dirname, '../../examples');
const system = useSystem({ settings: { PUTLOG_JOBS: join(examples, 'jobs') } });
const folder = join(system.folder, 'projections');
const uri = new URL(inject('stack').mongoUri);
uri.pathname = `/${system.prefix}`;
const mongo = createMongo(uri.href);
let api: Api;

const counts = (limit: number) => `import { defineProjection } from 'putlog';
export default defineProjection({
  name: 'limited',
  event({ kind, result }) {
    if (kind !== 'succeeded') return [];
    const { words } = JSON.parse(result ?? '');
    if (words > ${limit}) throw new Error(\`\${words} words are too many\`);
    return [{ id: 'all', add: { words } }];
  },
});
`;
const documents = (name: string) => mongo.db.collection<{ _id: string }>(projectionCollection(name)).find().toArray();
const start = () => system.start('projector', { PUTLOG_PROJECTIONS: folder });

beforeAll(async () => {
  await mkdir(folder);
  await copyFile(join(examples, 'projections/words-by-day.ts'), join(folder, 'words-by-day.ts'));
  await writeFile(join(folder, 'limited.ts'), counts(3));
  [api] = await Promise.all([system.startApi(), system.start('worker')]);
});
afterAll(() => mongo.close());

test('the example counts words by day; one that throws stops alone, and goes on once it is mended', async () => {
  const projector = await start();
  const put = async (id: string, text: string) => {
    await api.put(`word.count/${id}`, { text });
    await api.finished([`word.count/${id}`]);
  };
  await put('1', 'one two three');
  await put('2', 'one two');
  const today = (await until('the words of today', async () => {
    const [found] = (await documents('words-by-day')) as { _id: string; texts?: number }[];
    return found?.texts === 2 ? found : undefined;
  })) as object;
  expect(today).toEqual({ _id: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), texts: 2, words: 5, longest: 3 });
  await until('both in the other one', async () => {
    const [found] = (await documents('limited')) as { _id: string; words?: number }[];
    return found?.words === 5 || undefined;
  });

  await put('3', 'one two three four');
  await until('it says that it stops', async () =>
    (await projector.output()).includes('the projection stops here') ? true : undefined,
  );
  await put('4', 'one');
  await until('the other goes on', async () => {
    const found = (await documents('words-by-day')) as { _id: string; texts?: number }[];
    return found.some(({ texts }) => texts === 4) || undefined;
  });
  expect(await projector.output()).toMatch(/4 words are too many/);
  const before = await documents('limited');
  expect(before).toEqual([{ _id: 'all', words: 5 }]);
  await projector.end('SIGTERM');

  await writeFile(join(folder, 'limited.ts'), counts(10));
  await start();
  await until('it goes on where it stopped', async () => {
    const [found] = (await documents('limited')) as { _id: string; words?: number }[];
    return found?.words === 10 || undefined;
  });
});

test('a file that is no projection is told at the start, and the process does not go on', async () => {
  await writeFile(join(folder, 'wrong.ts'), 'export default { name: "wrong" };');
  const refused = system.launch('projector', { PUTLOG_PROJECTIONS: folder });
  expect(await refused.ended).toMatchObject({ code: 78 });
  expect(await refused.output()).toMatch(/wrong\.ts: its default export must be what defineProjection/);
});
