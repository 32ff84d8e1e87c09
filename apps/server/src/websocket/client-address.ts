import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Gives a request's client address; X-Forwarded-For is believed from trusted proxies alone. */
export type ClientAddress = (request: IncomingMessage) => string;

/** `trusted`: addresses and CIDR ranges of proxies. */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean => {
    const version = isIP(address);
    return version !== 0 && proxies.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };
  return (request) => {
    const direct = request.socket.remoteAddress ?? '';
    if (!isTrusted(direct)) return direct;
    const forwarded = request.headers['x-forwarded-for'];
    const chain = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',');
    // Each proxy appends who spoke to it: the last entry that is no proxy of ours is the client, the rest is hearsay.
    const hops = chain.map((hop) => hop.trim()).filter((hop) => isIP(hop) !== 0);
    return hops.findLast((hop) => !isTrusted(hop)) ?? direct;
  };
}
