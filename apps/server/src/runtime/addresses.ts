import { networkInterfaces } from 'node:os';

/** An address as it stands in a URL: wildcards are not dialled, IPv6 wears brackets. */
export function dialable(host: string, port: number): string {
  const plain = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port}`;
}

/**
 * Where peers reach a node that was not told: its bound address, or for a wildcard the first address of this machine
 * that is not loopback. A guess in the last case; `--advertise` corrects it.
 */
export function advertisedUrl(host: string, port: number, scheme: 'ws' | 'wss' = 'ws'): string {
  const isWildcard = host === '0.0.0.0' || host === '::';
  return `${scheme}://${dialable(isWildcard ? (externalAddress() ?? host) : host, port)}/peer`;
}

function externalAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
