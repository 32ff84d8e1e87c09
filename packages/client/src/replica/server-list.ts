import { guestPath, guestSubprotocol } from '@hearsay/gossip-sync';
import { createWebTransport, type WebTransport } from '@hearsay/gossip-sync/web';
import type { Platform } from './platform/platform.ts';

/** The address that the engine dials: whichever server comes next. */
export const anyServer = 'any server';

/**
 * A transport to one server at a time: when a dial or a link ends, the next one in the list has its turn. What is written is
 * in the whole cluster wherever it went in.
 */
export function createServerTransport(
  servers: readonly string[],
  { timers, openSocket }: Platform,
  dialled: (server: string) => void,
): WebTransport {
  let next = 0;
  return createWebTransport({
    timers,
    open() {
      const server = servers[next++ % servers.length] ?? '';
      dialled(server);
      return openSocket(guestUrl(server), guestSubprotocol);
    },
  });
}

/** Throws for what is not the address of a node. */
export function guestUrl(server: string): string {
  const url = new URL(server);
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw new TypeError(`"${server}" is no ws:// or wss:// address`);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${guestPath}`;
  return url.href;
}
