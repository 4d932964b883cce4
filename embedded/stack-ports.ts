import { type BrokerName, brokersOf, isBroker, type PartName, partNames } from './part.ts';
import { choosePorts, type PortWish } from './ports.ts';

/** The ports of all parts of a stack; a broker has a second one as controller. Chosen by start-stack.ts. */
export type StackPorts = Readonly<Partial<Record<PartName | ControllerName, number>>>;

type ControllerName = 'controller' | 'controller-2' | 'controller-3';

const controllers = { kafka: 'controller', 'kafka-2': 'controller-2', 'kafka-3': 'controller-3' } as const;

export const controllerOf = (broker: BrokerName): ControllerName => controllers[broker];

const settings: Readonly<Partial<Record<PartName, string>>> = {
  kafka: 'PUTLOG_KAFKA_PORT',
  registry: 'PUTLOG_REGISTRY_PORT',
  mongod: 'PUTLOG_MONGODB_PORT',
};

/** Wanted ones count for parts of this stack; those of the usual parts are kept for the next run in any case. */
export async function chooseStackPorts(
  parts: readonly PartName[],
  wanted: StackPorts,
  previous: StackPorts,
): Promise<StackPorts> {
  const names: ReadonlySet<PartName> = new Set([...partNames, ...brokersOf(parts)]);
  const wishes: Record<string, PortWish> = {};
  for (const name of names) {
    const wish = parts.includes(name) ? wanted[name] : undefined;
    wishes[name] = { wanted: wish, previous: previous[name], setting: settings[name] ?? name };
    if (!isBroker(name)) continue;
    const controller = controllerOf(name);
    wishes[controller] = { wanted: undefined, previous: previous[controller], setting: controller };
  }
  return choosePorts(wishes);
}

export function portOf(ports: StackPorts, name: PartName | ControllerName): number {
  const port = ports[name];
  if (port === undefined) throw new Error(`no port was chosen for ${name}`);
  return port;
}
