// What webhooks and mail need of the configuration: the worker sends with it, the api refuses what cannot be sent.
import type { Delivery } from '../schemas/define-job.ts';
import { type Config, settings } from './config.ts';

type Needed = Pick<Config, 'webhookSecret' | 'smtpUrl' | 'mailFrom'>;

export const deliverySettings = ({ webhookSecret, smtpUrl, mailFrom }: Needed): Delivery => ({
  webhookSecrets: webhookSecret?.split(',') ?? [],
  mail: smtpUrl === undefined || mailFrom === undefined ? undefined : { url: smtpUrl, from: mailFrom },
});

/** Variables that are not set, without which nobody is called, or written to. */
export function unsetForDeliveries(config: Needed) {
  const unset = (names: (keyof Needed)[]) =>
    names.filter((name) => config[name] === undefined).map((name) => settings[name].env);
  return { callback: unset(['webhookSecret']), notify: unset(['smtpUrl', 'mailFrom']) };
}
