import { join } from 'node:path';
import { start } from '../../cli/start.ts';
import type { Role, ServiceSpec } from '../../cli/start-service.ts';

/** `putlog start` with stand-ins for its services: node start-stand-ins.ts [--fresh] <role:behaviour>… */
const args = process.argv.slice(2);
const roles: readonly Role[] = ['api', 'worker', 'projector'];
const services = roles.map((role): ServiceSpec => {
  const behaviour = args.find((arg) => arg.startsWith(`${role}:`))?.slice(role.length + 1) ?? 'serve';
  const script = join(import.meta.dirname, 'stand-in-service.ts');
  return { name: role, role, command: process.execPath, args: [script, role, behaviour] };
});
process.exitCode = await start({ services, fresh: args.includes('--fresh') });
