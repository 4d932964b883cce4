// A mistyped name finds its neighbour; a stranger finds nobody.
import { expect, test } from 'vitest';
import { nearNames } from './near-names.ts';

const known = ['image.thumbnail', 'http.request', 'text.statistics', 'users.update', 'demo.echo', 'demo.sleep'];

test.each([
  ['image.thumbnial', ['image.thumbnail']],
  ['thumbnail', ['image.thumbnail']],
  ['IMAGE.THUMBNAIL', ['image.thumbnail']],
  ['demo', ['demo.echo', 'demo.sleep']],
  ['demo.ehco', ['demo.echo']],
  ['zzz', []],
  ['', []],
  ['x'.repeat(5_000), []],
])('%s', (name, near) => {
  expect(nearNames(name, known)).toEqual(near);
});
