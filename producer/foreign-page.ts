// Loopback does not keep pages out: any site's page can have a browser on this machine call it. So whoever is anonymous is not let in
// where a page of another origin changes something, nor by a name that another site may have pointed here (DNS rebinding).
import { isIP } from 'node:net';

/** `anyName`: it was said openly that whoever reaches the API may do everything. `origins`: those whose pages may call. */
export type PageRules = { readonly anyName: boolean; readonly origins: readonly string[] };

type Asked = { method: string; host: string; hostname: string; origin: string | undefined };

const isOurName = (hostname: string) =>
  hostname === '' ||
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;

/** @param asked `host` with its port, `origin` as the browser says it. @returns why it is not let in; undefined: it is */
export function foreignPageFault({ method, host, hostname, origin }: Asked, rules: PageRules): string | undefined {
  if (!rules.anyName && !isOurName(hostname))
    return `nobody is anonymous under the name "${hostname}", which may be anybody's; call localhost or an address, or send a key`;
  // A browser tells the origin with whatever changes something; programs do not.
  if (origin === undefined || method === 'GET' || method === 'HEAD') return undefined;
  if (rules.origins.includes(origin) || URL.parse(origin)?.host === host) return undefined;
  return `a page of ${origin} may not do this without a key`;
}
