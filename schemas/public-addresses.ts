// Which addresses a function may connect to for a caller: public unicast only, unless the setting allows more.
// Standards: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890). jobs/outbound/guarded-fetch.ts asks for every
// connection, the producer for an address that stands in a URL.
import { BlockList, isIP } from 'node:net';

const special = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

/** Inside global unicast 2000::/3, but not public, or a way to name an IPv4 address (6to4, Teredo). */
const special6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const blocked = new BlockList();
for (const [net, prefix] of special) blocked.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of special6) blocked.addSubnet(net, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** Everything that is not a public unicast address is refused, IPv4 in IPv6 notation (::ffff:127.0.0.1) included. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !blocked.check(address, 'ipv4');
  if (isIP(address) === 6) return global6.check(address, 'ipv6') && !blocked.check(address, 'ipv6');
  return false;
}

/** Whether a connection to an IP address may be made. */
export type Allows = (address: string) => boolean;

export const allowedBy = ({ allowPrivate }: { readonly allowPrivate: boolean }): Allows =>
  allowPrivate ? () => true : isPublicAddress;
