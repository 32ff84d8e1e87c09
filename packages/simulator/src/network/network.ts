import { limits, type Random } from '@hearsay/core';
import type { Tracer } from '../run/trace.ts';
import type { ProcessTime } from '../time/node-clock.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { direction, type HostName, type LatencyProfile, NetworkConditions } from './conditions.ts';
import { type FrameFault, FrameFaults } from './frame-faults.ts';
import { type LinkDeps, type LinkEnd, VirtualLink } from './link.ts';
import { TrafficMeter } from './traffic.ts';
import { VirtualTransport } from './transport.ts';

export interface NetworkOptions {
  readonly latency: (from: HostName, to: HostName) => LatencyProfile;
  /** Whether there is a way from one host to the other at all; everywhere when not given. */
  readonly connected?: (from: HostName, to: HostName) => boolean;
  /** How long an end of a link may hear nothing before it is given up; `ws` links of ours: 60 s at most. */
  readonly silenceMs?: number;
  readonly dialTimeoutMs?: number;
  readonly detailedTraffic?: boolean;
}

export interface NetworkDeps {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly trace: Tracer;
  /** A fault has befallen a frame. */
  fired(fault: FrameFault): void;
}

/** Whether a machine takes calls: behind NAT or in a browser it only makes them. */
export type Reachability = 'dialable' | 'dial-only';

interface Host {
  readonly reachability: Reachability;
  /** Undefined while no process runs there. */
  transport: VirtualTransport | undefined;
  /** The machine itself, which refuses calls when no process listens. */
  up: boolean;
}

/** The machines, the links between them, and what befalls both. */
export class VirtualNetwork {
  readonly conditions: NetworkConditions;
  readonly faults: FrameFaults;
  readonly traffic: TrafficMeter;
  readonly #deps: NetworkDeps;
  readonly #linkDeps: LinkDeps;
  readonly #dialTimeoutMs: number;
  readonly #hosts = new Map<HostName, Host>();
  /** By pair of hosts, each pair under one name. */
  readonly #links = new Map<string, Set<VirtualLink>>();

  constructor(options: NetworkOptions, deps: NetworkDeps) {
    this.#deps = deps;
    this.conditions = new NetworkConditions(options.latency, options.connected ?? (() => true));
    this.faults = new FrameFaults(deps.random.fork('frames'));
    this.traffic = new TrafficMeter(options.detailedTraffic ?? true);
    this.#dialTimeoutMs = options.dialTimeoutMs ?? 10_000;
    this.#linkDeps = {
      time: deps.time,
      random: deps.random.fork('latency'),
      conditions: this.conditions,
      silenceMs: options.silenceMs ?? limits.linkSilenceMs,
      isUp: (host) => this.#hosts.get(host)?.up === true,
      over: (link) => this.#forget(link),
    };
    this.conditions.onBlock((from, to, blocked) => {
      for (const link of this.linksBetween(from, to)) link.blocked(from, blocked);
    });
  }

  addHost(name: HostName, reachability: Reachability): void {
    this.#hosts.set(name, { reachability, transport: undefined, up: true });
  }

  /** A process starts on the host; its links end with {@link detach}. */
  attach(name: HostName, process: ProcessTime): VirtualTransport {
    const transport = new VirtualTransport(name, process, this, this.#deps);
    const host = this.#host(name);
    host.transport = transport;
    host.up = true;
    return transport;
  }

  /** The process is gone; with the whole machine when `silently`: then nobody resets its links. */
  detach(name: HostName, silently: boolean): void {
    const host = this.#host(name);
    host.transport?.abandon(silently);
    host.transport = undefined;
    host.up = !silently;
  }

  linksBetween(a: HostName, b: HostName): readonly VirtualLink[] {
    return [...(this.#links.get(pairOf(a, b)) ?? [])];
  }

  /** `opened` gets the dialler's end; a failed dial calls `failed`. */
  dial(from: HostName, to: HostName, opened: (end: LinkEnd) => void, failed: (reason: string) => void): void {
    const { time } = this.#deps;
    const { conditions, random } = this.#linkDeps;
    let answered = false;
    const answer = (reason: string): void => {
      if (answered) return;
      answered = true;
      failed(reason);
    };
    time.after(this.#dialTimeoutMs, () => answer('timeout'));
    time.after(conditions.latencyMs(from, to, random), () => {
      const host = this.#hosts.get(to);
      if (answered || conditions.holdsBack(from, to) || host?.up === false) return;
      if (host?.transport === undefined || host.reachability === 'dial-only') {
        const backMs = conditions.latencyMs(to, from, random);
        time.after(backMs, () => {
          if (!conditions.holdsBack(to, from)) answer('connection refused');
        });
        return;
      }
      const link = new VirtualLink(from, to, this.#linkDeps);
      this.#remember(link);
      link.dialler.attach({
        opened: () => {
          if (answered) link.dialler.terminate('answer came too late');
          else {
            answered = true;
            opened(link.dialler);
          }
        },
        frame: () => {},
        drained: () => {},
        closed: () => answer('connection reset'),
      });
      if (conditions.isBlocked(to, from)) link.blocked(to, true);
      host.transport.accept(link.acceptor, from);
      link.welcome();
    });
  }

  #remember(link: VirtualLink): void {
    const pair = pairOf(link.dialler.host, link.acceptor.host);
    const links = this.#links.get(pair);
    if (links === undefined) this.#links.set(pair, new Set([link]));
    else links.add(link);
  }

  #forget(link: VirtualLink): void {
    const pair = pairOf(link.dialler.host, link.acceptor.host);
    const links = this.#links.get(pair);
    links?.delete(link);
    if (links?.size === 0) this.#links.delete(pair);
  }

  #host(name: HostName): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }
}

function pairOf(a: HostName, b: HostName): string {
  return a < b ? direction(a, b) : direction(b, a);
}
