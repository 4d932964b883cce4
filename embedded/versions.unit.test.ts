import { expect, test } from 'vitest';
import { isMongodRecent, javaMajor, mongodVersion } from './versions.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['The operation could not be completed. Unable to locate a Java Runtime.', undefined],
])('%j is Java %s', (text, major) => expect(javaMajor(text)).toBe(major));

test.each([
  ['db version v6.0.5\nBuild Info: {', '6.0.5'],
  ['db version v8.2.6-rc1', '8.2.6'],
  ['mongod: command not found', undefined],
])('%j is mongod %s', (text, version) => expect(mongodVersion(text)).toBe(version));

test.each([
  ['4.4.29', false],
  ['5.0.0', false],
  ['6.0.5', true],
  ['10.0.1', true],
])('mongod %s is recent enough: %s', (version, recent) => expect(isMongodRecent(version)).toBe(recent));
