/**
 * The versions of the embedded stack, and the reading of the version texts of java and mongod. Pure; used by the
 * fetchers and by requirements.ts.
 */
export const kafkaVersion = '4.3.1';
export const registryVersion = '3.0.9';
export const leastJava = 17;
export const leastMongod = 6;

/** Of `java -version`: 17 from `openjdk version "17.0.15" 2025-04-15`, 8 from `java version "1.8.0_292"`. */
export function javaMajor(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** Of `mongod --version`: `6.0.5` from `db version v6.0.5`. */
export function mongodVersion(text: string): string | undefined {
  return /db version v(\d+\.\d+\.\d+)/.exec(text)?.[1];
}

export const isMongodRecent = (version: string): boolean => Number.parseInt(version, 10) >= leastMongod;
