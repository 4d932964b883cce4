import type { Run } from './start-run-file.ts';

/** What the user sees when all is up: the addresses, and a line to try. Pure; printed by start.ts. */
export function addressTable(run: Run, dataDir: string, logDir: string): string {
  const rows: [string, string][] = [
    ['HTTP', run.http],
    ['Docs', `${run.http}/docs`],
    ['Kafka', run.kafka],
    ['Registry', withoutPassword(run.registry)],
    ['MongoDB', withoutPassword(run.mongodb)],
    ['Data', dataDir],
    ['Logs', logDir],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`).join('\n');
}

export const lineToTry = (http: string) =>
  `  Try it:\n  curl -i -X PUT ${http}/jobs/demo.echo/hello-1 -H 'content-type: application/json' -d '{"n":1,"text":"hello"}'`;

export const withoutPassword = (url: string) => url.replace(/(\/\/[^:@/]*:)[^@/]*@/, '$1***@');
