// What a submit may ask to follow its job: `then`, `callback` and `notify`, each checked when the call is accepted. The query of a
// submit reads them with it, and a group its final job.
import { isIP } from 'node:net';
import type { LoadedJob } from '../platform/load-jobs.ts';
import { type CallOptions, type JobName, mailAddress, mostNext } from '../schemas/call-options.ts';
import { isJobId } from '../schemas/job-id.ts';
import { jobKey } from '../schemas/job-status.ts';
import { isDelivery } from '../schemas/own-types.ts';
import { PutlogError } from '../schemas/problem.ts';
import { allowedBy } from '../schemas/public-addresses.ts';
import { nearNames } from './near-names.ts';

/** `unset`: variables that are not set, without which nobody can be told. */
export type FollowUpRules = {
  jobs: ReadonlyMap<string, LoadedJob>;
  allowPrivate: boolean;
  unset: { callback: readonly string[]; notify: readonly string[] };
};

export type FollowUpReaders = ReturnType<typeof createFollowUpReaders>;

const address = new RegExp(`^mailto:(${mailAddress})$`);
const longestUrl = 2_048;
const longestAddress = 254;

function assertSet(what: string, unset: readonly string[]) {
  if (unset.length > 0)
    throw new PutlogError('not-configured', `"${what}" is not possible here: set ${unset.join(' and ')}`);
}

/** Each function takes a value and gives what it asks for; text is a reason not to take it. @throws PutlogError not-configured, address-not-allowed */
export function createFollowUpReaders({ jobs, allowPrivate, unset }: FollowUpRules) {
  const allows = allowedBy({ allowPrivate });

  /** Why no job of this type can be asked for here; undefined: it can. */
  function typeFault(type: string): string | undefined {
    if (jobs.has(type) && !isDelivery(type)) return undefined;
    const near = nearNames(
      type,
      [...jobs.keys()].filter((name) => !isDelivery(name)),
    );
    return `there is no job type "${type}"${near.length === 0 ? '' : `; near: ${near.join(', ')}`}`;
  }

  return {
    typeFault,

    /** `<type>` or `<type>/<id>`; the id is that of the job that asks for it unless told. */
    next(value: string, before: readonly JobName[], self: JobName): { next: JobName[] } | string {
      const [, type = '', id = self.id] = /^([^/]*)(?:\/(.*))?$/.exec(value) ?? [];
      const fault = typeFault(type);
      if (fault !== undefined) return `must be <type> or <type>/<id>; ${fault}`;
      if (!isJobId(id)) return 'names an id that is not 1 to 200 characters of A–Z a–z 0–9 . _ ~ -';
      if (before.length >= mostNext) return `may stand there ${mostNext} times at most`;
      const name = jobKey(type, id);
      if ([self, ...before].some((one) => jobKey(one.type, one.id) === name))
        return `names ${name} twice, or the job itself; give it an id of its own: then=${type}/<id>`;
      return { next: [...before, { type, id }] };
    },

    callback(value: string): Pick<CallOptions, 'callback'> | string {
      const url = URL.parse(value);
      if (value.length > longestUrl || url === null || !/^https?:$/.test(url.protocol))
        return `must be an http or https URL of at most ${longestUrl} characters`;
      if (url.username !== '' || url.password !== '') return 'must be a URL without a password';
      const host = url.hostname.replace(/^\[|\]$/g, '');
      // A name is looked up when it is called; this one is always this machine (RFC 6761 §6.3).
      const isLoopback = /(^|\.)localhost\.?$/.test(host);
      if ((isLoopback && !allowPrivate) || (isIP(host) !== 0 && !allows(host)))
        throw new PutlogError(
          'address-not-allowed',
          `${host} is not at a public address, and PUTLOG_ALLOW_PRIVATE_ADDRESSES is not set`,
        );
      assertSet('callback', unset.callback);
      return { callback: url.href };
    },

    notify(value: string): Pick<CallOptions, 'notify'> | string {
      const [, to] = address.exec(value) ?? [];
      if (to === undefined || to.length > longestAddress)
        return 'must be mailto: and one mail address, such as mailto:me@example.com; write %2B for a +';
      assertSet('notify', unset.notify);
      return { notify: to };
    },
  };
}
