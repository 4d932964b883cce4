// The generated pages are what the code says now, and every variable that anything reads is on the page.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { settings } from '../platform/config.ts';
import { errorCodes } from '../schemas/error-codes.ts';
import { configurationPage, configurationTable, errorsPage, pages, read, withConfiguration } from './generate.ts';

describe('the generated pages', () => {
  test.each(Object.entries(pages))('%s is up to date (npm run docs)', async (page, make) => {
    const current = await read(page);
    expect(current, `${page} is there`).not.toBe('');
    expect(current).toBe(make(current));
  });

  test('name every setting and every error', () => {
    for (const { env } of Object.values(settings)) expect(configurationPage()).toContain(`| \`${env}\` `);
    for (const code of Object.keys(errorCodes)) expect(errorsPage()).toContain(`| \`${code}\` `);
  });

  test('name every variable that the embedded stack reads', async () => {
    const source = await readFile(new URL('../embedded/stack-settings.ts', import.meta.url), 'utf8');
    const variables = source.match(/PUTLOG_[A-Z_]+/g) ?? [];
    expect(variables.length).toBeGreaterThan(0);
    for (const env of variables) expect(configurationPage()).toContain(`| \`${env}\` `);
  });

  test('say numbers so that they can be read', () => {
    expect(configurationTable()).toMatch(/PUTLOG_COMMAND_RETENTION_MS` +\| `2592000000` \(30 days\) +\|/);
    expect(configurationTable()).toMatch(/PUTLOG_MAX_PAYLOAD_BYTES` +\| `262144` \(256 KiB\) +\|/);
    expect(configurationTable()).toMatch(/KAFKA_BROKERS` +\| required +\|/);
  });
});

describe('the table in the README', () => {
  const [begin, end] = ['<!-- configuration -->', '<!-- /configuration -->'];

  test('is replaced between its markers and nowhere else', () => {
    const filled = withConfiguration(`before\n${begin}\nold\n${end}\nafter\n`);
    expect(filled).toBe(`before\n${begin}\n\n${configurationTable()}\n\n${end}\nafter\n`);
    expect(withConfiguration(filled)).toBe(filled);
  });

  test.each(['', `${begin} alone`, `${end}${begin}`])('has markers, or it is an error: %j', (readme) => {
    expect(() => withConfiguration(readme)).toThrow('README.md has no place for its table');
  });
});
