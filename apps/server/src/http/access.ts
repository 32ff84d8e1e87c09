import { isLoopback } from '../config/resolve.ts';

/** Which browser pages and which host names may use this node. */
export interface EdgeAccess {
  /** Whether a Host header names this node: stops DNS rebinding. */
  hostAllowed(host: string | undefined): boolean;
  /** Whether a page of this origin may open a socket. No origin: not a browser. */
  originAllowed(origin: string | undefined, host: string | undefined): boolean;
}

export interface EdgeAccessOptions {
  /** The bound address. */
  readonly host: string;
  readonly allowOrigin: readonly string[];
  readonly allowHost: readonly string[];
}

/**
 * Exact matches only. On loopback any page the user happens to visit could reach the node, so there only pages that
 * come from this machine may connect unless listed; elsewhere only pages of the same host.
 */
export function createEdgeAccess({ host: bound, allowOrigin, allowHost }: EdgeAccessOptions): EdgeAccess {
  const origins = new Set(allowOrigin.map((origin) => origin.toLowerCase()));
  const hosts = new Set(allowHost.map((name) => name.toLowerCase()));
  const onLoopback = isLoopback(bound);
  return {
    hostAllowed: (host) => {
      const name = hostName(host);
      if (name === undefined) return false;
      if (hosts.has('*') || hosts.has(name) || hosts.has(host?.toLowerCase() ?? '')) return true;
      return onLoopback ? isLoopback(name) : hosts.size === 0;
    },
    originAllowed: (origin, host) => {
      if (origin === undefined || origins.has('*') || origins.has(origin.toLowerCase())) return true;
      const url = URL.canParse(origin) ? new URL(origin) : undefined;
      // An origin is scheme, host and port alone; "null" and anything longer is not one.
      if (url === undefined || url.origin !== origin.toLowerCase()) return false;
      if (onLoopback) return isLoopback(bare(url.hostname));
      return host !== undefined && url.host === host.toLowerCase();
    },
  };
}

/** The name in a Host header, without port and brackets; undefined when it is missing or malformed. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return bare(host.replace(/:\d+$/, '')).toLowerCase();
}

function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1');
}
