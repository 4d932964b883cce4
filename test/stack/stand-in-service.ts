import { appendFileSync } from 'node:fs';

/**
 * Stands in for a service in the tests of `putlog start`: node stand-in-service.ts <name> <what to do>. Writes its
 * comings and goings into the file that STAND_IN_DIARY names.
 */
const [name = 'stand-in', behaviour = 'serve'] = process.argv.slice(2);

const note = (what: string) => appendFileSync(process.env.STAND_IN_DIARY ?? '/dev/null', `${name} ${what}\n`);
const log = (level: number, msg: string) =>
  console.log(JSON.stringify({ level, time: Date.now(), pid: process.pid, msg }));

process.on('SIGTERM', () => {
  if (behaviour === 'hang') return note('refuses to drain');
  note('drained');
  process.exit(0);
});
process.on('disconnect', () => {
  note('was left alone');
  process.exit(0);
});
setInterval(() => undefined, 60_000);

note('started');
log(30, `${name} is starting`);
switch (behaviour) {
  case 'refuse':
    log(60, 'PUTLOG_QUEUE is not a queue');
    process.exit(78);
    break;
  case 'warn':
    log(40, `${name} warns of something`);
    break;
  default:
    break;
}
process.send?.({ type: 'ready', ...(name === 'api' && { url: `http://localhost:${process.env.PUTLOG_PORT}` }) });
