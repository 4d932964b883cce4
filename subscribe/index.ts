// What a program imports as 'putlog/subscribe': all that is needed to be told what happens to jobs, from the log itself.
// biome-ignore-start lint/performance/noBarrelFile: the public entry of who subscribes
export type { DeadEvent } from './dead-event.ts';
export type { StartFrom } from './start-from.ts';
export { type Subscription, subscribe } from './subscribe.ts';
export type { ExactlyOnceOptions, SubscribeOptions } from './subscribe-options.ts';
export type { SubscribedEvent } from './subscribed-event.ts';
// biome-ignore-end lint/performance/noBarrelFile: the public entry of who subscribes
