// A logger that keeps what it is told, for tests of what an operator must be told.
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export type Told = { level: number; msg: string; [field: string]: unknown };

/** `told` gives the lines of the levels warn and above so far. */
export function toldLog(): { log: Logger; told: () => Told[] } {
  const lines: Told[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)) as Told);
      done();
    },
  });
  return { log: pino({ level: 'warn', base: null, timestamp: false }, stream), told: () => lines };
}
