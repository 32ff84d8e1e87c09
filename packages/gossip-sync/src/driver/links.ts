import { limits, type Random, type ReplicaId, type Timers, toHex } from '@hearsay/core';
import { keepsNewLink } from '../handshake/duplicate-links.ts';
import { createHandshake, type HandshakeEffect, type HandshakeEvent } from '../handshake/handshake.ts';
import type { LocalNode } from '../handshake/judge-hello.ts';
import type { HelloMessage } from '../handshake/messages.ts';
import type { Authenticator, LinkDirection, LinkId, Transport, TransportListener } from '../ports.ts';
import { closeCodes } from '../wire/close-codes.ts';
import { decodeFrame, encodeFrame } from '../wire/frame.ts';
import { type PartMessage, partsSince } from '../wire/part-message.ts';
import type { InFlight } from './in-flight.ts';
import type { Lane } from './lane.ts';
import { type Link, type LinkStatus, type LinksListener, whereabouts } from './link.ts';
import { Outlet } from './outlet.ts';
import { Joiner } from './parts.ts';

export interface LinksDeps {
  /** What to say in every hello, but for the nonce. */
  readonly hello: Omit<HelloMessage, 'nonce'>;
  readonly transport: Transport;
  readonly authenticator: Authenticator;
  readonly timers: Timers;
  readonly random: Random;
  readonly handshakeMs: number;
  readonly inFlight: InFlight;
  readonly listener: LinksListener;
  now(): number;
  knownIncarnation(peer: ReplicaId): number | undefined;
}

/** Takes every pipe through its handshake, keeps one link to each peer, and knows who is behind which. */
export class Links implements TransportListener {
  readonly #deps: LinksDeps;
  readonly #links = new Map<LinkId, Link>();
  readonly #byPeer = new Map<ReplicaId, Link>();
  readonly #local: LocalNode;
  /** When peers last said that they keep another link of this node, of which nothing is known here. */
  #strayLinks: number[] = [];
  #isClosed = false;

  constructor(deps: LinksDeps) {
    this.#deps = deps;
    this.#local = {
      identity: deps.hello,
      session: deps.hello.session,
      isOwnNonce: (nonce) => [...this.#links.values()].some((link) => link.nonce === nonce),
      knownIncarnation: (peer) => deps.knownIncarnation(peer),
      linkedSession: (peer) => this.#byPeer.get(peer)?.hello ?? undefined,
    };
  }

  status(peer: ReplicaId): LinkStatus | null {
    const link = this.#byPeer.get(peer);
    if (link === undefined) return null;
    const { direction, address, bytesIn, bytesOut } = link;
    return { direction, address, bytesIn, bytesOut, bufferedBytes: link.outlet.bufferedBytes };
  }

  /** Sends to a linked peer; to nobody when the link is gone, which its closing tells. */
  send(peer: ReplicaId, frame: Uint8Array, lane: Lane): void {
    const link = this.#byPeer.get(peer);
    if (link === undefined) return;
    if (!link.outlet.put(frame, lane)) {
      if (lane !== 'control') this.close(peer, closeCodes.notReading, 'what is sent is not taken in');
      return;
    }
    if (link.isCongested || link.outlet.bufferedBytes <= limits.peerBufferSoftBytes) return;
    link.isCongested = true;
    this.#deps.listener.congested(peer);
  }

  /** The whole frame where this was its last piece; null where it was not, or the link is gone or ends with it. */
  join(peer: ReplicaId, part: PartMessage): Uint8Array | null {
    const joined = this.#byPeer.get(peer)?.joiner.add(part) ?? null;
    if (joined !== 'tooLong') return joined;
    this.close(peer, closeCodes.messageTooBig, 'parts of a message that is too long');
    return null;
  }

  hold(peer: ReplicaId): void {
    const link = this.#byPeer.get(peer);
    if (link !== undefined) this.#deps.transport.hold(link.id);
  }

  release(peer: ReplicaId): void {
    const link = this.#byPeer.get(peer);
    if (link !== undefined) this.#deps.transport.release(link.id);
  }

  close(peer: ReplicaId, code: number, reason: string): void {
    const link = this.#byPeer.get(peer);
    if (link === undefined) return;
    if (code !== closeCodes.released) this.#deps.listener.refused(link, peer, code, reason);
    this.#end(link, code, reason);
  }

  /** Ends all links, and takes no more. */
  closeAll(code: number, reason: string): void {
    this.#isClosed = true;
    for (const link of [...this.#links.values()]) this.#end(link, code, reason);
  }

  linkOpened(id: LinkId, direction: LinkDirection, address: string): void {
    const { hello, random, timers, handshakeMs, transport } = this.#deps;
    if (this.#isClosed) {
      transport.close(id, closeCodes.goingAway, 'the node has stopped');
      return;
    }
    const nonce = toHex(random.bytes(16));
    const link: Link = {
      id,
      direction,
      address,
      nonce,
      handshake: createHandshake({ local: this.#local, direction, hello: { ...hello, nonce } }),
      outlet: new Outlet({
        send: (frame) => {
          link.bytesOut += frame.byteLength;
          return transport.send(id, frame);
        },
        bufferedBytes: () => transport.bufferedBytes(id),
        now: this.#deps.now,
      }),
      joiner: new Joiner(),
      openedAt: this.#deps.now(),
      held: [],
      heldBytes: 0,
      cancelTimeout: timers.set(handshakeMs, () => this.#handshake(link, { type: 'timeout' })),
      hello: null,
      isClosing: false,
      isCongested: false,
      bytesIn: 0,
      bytesOut: 0,
    };
    this.#links.set(id, link);
    this.#handshake(link, { type: 'opened' });
  }

  frameReceived(id: LinkId, frame: Uint8Array): void {
    const link = this.#links.get(id);
    if (link === undefined || link.isClosing) return;
    link.bytesIn += frame.byteLength;
    if (link.handshake.state === 'established') {
      if (link.hello !== null) this.#deps.listener.frame(link.hello.replicaId, frame);
    } else if (link.handshake.state === 'verifying' && link.direction === 'dialled') this.#hold(link, frame);
    else this.#onHandshakeFrame(link, frame);
  }

  linkClosed(id: LinkId | null, address: string, code: number, reason: string): void {
    const link = id === null ? undefined : this.#links.get(id);
    if (link === undefined) {
      if (id === null) this.#deps.listener.dialEnded(address, code, reason, null);
      return;
    }
    if (code === closeCodes.duplicateLink && this.#isOnly(link)) this.#onStrayLink();
    this.#forget(link, code, reason);
  }

  linkDrained(id: LinkId): void {
    const link = this.#links.get(id);
    const peer = link?.hello?.replicaId;
    if (link === undefined || peer === undefined || this.#byPeer.get(peer) !== link) return;
    this.#deps.listener.arrived(peer);
    link.outlet.arrived();
    if (!link.isCongested || link.outlet.bufferedBytes > limits.peerBufferSoftBytes) return;
    link.isCongested = false;
    this.#deps.listener.drained(peer);
  }

  /**
   * A peer takes a newer link of this node than its only one. Once that may be one that broke at the same moment; again
   * and again it is another process that has all of this one's memory: a machine that was cloned while it ran.
   */
  #onStrayLink(): void {
    const now = this.#deps.now();
    const recent = this.#strayLinks.filter((at) => now - at < strayWindowMs);
    this.#strayLinks = [...recent, now];
    if (this.#strayLinks.length < straysOfClone) return;
    this.#strayLinks = [];
    this.#deps.listener.cloned();
  }

  /** Whether there is no other link with its peer, not even one whose handshake is going on. */
  #isOnly(link: Link): boolean {
    const peer = link.hello?.replicaId;
    if (peer === undefined || this.#byPeer.get(peer) !== link) return false;
    return ![...this.#links.values()].some((other) => other !== link && other.hello?.replicaId === peer);
  }

  /** The acceptor may send at once, while its proof is still being verified here. */
  #hold(link: Link, frame: Uint8Array): void {
    link.held.push(frame);
    link.heldBytes += frame.byteLength;
    if (link.heldBytes > limits.peerMessageBytes) this.#refuse(link, closeCodes.flooding, 'too much at once');
  }

  #onHandshakeFrame(link: Link, frame: Uint8Array): void {
    if (frame.byteLength > handshakeFrameBytes) {
      this.#refuse(link, closeCodes.messageTooBig, 'too long for a handshake');
      return;
    }
    const decoded = decodeFrame(frame);
    if (!decoded.ok) {
      const isDamaged = decoded.error.code === 'FRAME_DAMAGED';
      const code = isDamaged ? closeCodes.damagedMessage : closeCodes.invalidMessage;
      this.#refuse(link, code, decoded.error.message);
    } else if (decoded.value?.channel !== 'handshake') {
      this.#refuse(link, closeCodes.unauthenticated, 'the handshake comes first');
    } else {
      const { message } = decoded.value;
      if (message.type === 'hello') link.hello = message;
      this.#handshake(link, { type: 'message', message });
    }
  }

  #handshake(link: Link, event: HandshakeEvent): void {
    if (link.isClosing) return;
    for (const effect of link.handshake.handle(event)) this.#perform(link, effect);
  }

  #perform(link: Link, effect: HandshakeEffect): void {
    const { authenticator, inFlight, hello } = this.#deps;
    switch (effect.type) {
      case 'send':
        link.outlet.put(encodeFrame({ channel: 'handshake', message: effect.message }), 'control');
        break;
      case 'prove':
        if (this.#isOutdone(link, effect.audience)) {
          this.#end(link, closeCodes.duplicateLink, 'the link from here is kept');
          break;
        }
        inFlight.run(
          () => authenticator.prove(hello, effect.audience, effect.nonce),
          (token) => this.#handshake(link, { type: 'proved', token }),
          () => this.#refuse(link, closeCodes.handshakeTimeout, 'this node cannot prove itself'),
        );
        break;
      case 'verify':
        inFlight.run(
          () => authenticator.verify(effect.token, effect.from, hello.replicaId, effect.nonce),
          (valid) => this.#handshake(link, { type: 'verified', valid }),
          () => this.#handshake(link, { type: 'verified', valid: false }),
        );
        break;
      case 'established':
        this.#establish(link, effect.peer);
        break;
      case 'refuse':
        this.#refuse(link, effect.refusal.code, effect.refusal.reason);
        break;
    }
  }

  #establish(link: Link, hello: HelloMessage): void {
    link.cancelTimeout();
    const { listener, transport } = this.#deps;
    transport.proven(link.id);
    const existing = this.#byPeer.get(hello.replicaId);
    if (existing !== undefined) {
      if (!this.#isBetter(link, existing, hello.replicaId)) {
        this.#end(link, closeCodes.duplicateLink, 'another link is kept');
        return;
      }
      this.#end(existing, closeCodes.duplicateLink, 'another link is kept');
    }
    link.hello = hello;
    link.outlet.takesParts = hello.version >= partsSince;
    this.#byPeer.set(hello.replicaId, link);
    listener.linkUp(hello, link.direction, link.address);
    for (const frame of link.held.splice(0)) listener.frame(hello.replicaId, frame);
  }

  #isBetter(added: Link, existing: Link, peer: ReplicaId): boolean {
    const { hello, handshakeMs } = this.#deps;
    return keepsNewLink(hello.replicaId, peer, existing, added, handshakeMs);
  }

  /** Two nodes that dial each other at once: the link that would be dropped later is dropped before it is used. */
  #isOutdone(link: Link, peer: ReplicaId): boolean {
    const others = [...this.#links.values()].filter(
      (other) => other !== link && other.hello?.replicaId === peer && other.direction === 'dialled',
    );
    return others.some((other) => !this.#isBetter(link, other, peer));
  }

  #refuse(link: Link, code: number, reason: string): void {
    if (link.isClosing) return;
    // That one of the seeds is this node itself is as it should be.
    if (code !== closeCodes.self) {
      const twins = code === closeCodes.duplicateReplica ? this.#twins(link) : undefined;
      this.#deps.listener.refused(link, link.hello?.replicaId ?? null, code, reason, twins);
    }
    this.#end(link, code, reason);
  }

  /** Both that have one replica id: told here alone, as who called has not proved anything. */
  #twins(refused: Link): readonly [string, string] | undefined {
    if (refused.hello === null) return undefined;
    const known = this.#byPeer.get(refused.hello.replicaId);
    const here = this.#deps.hello.addresses[0] ?? 'this node';
    return [known === undefined ? here : whereabouts(known), whereabouts(refused)];
  }

  /** Closes a link; for everybody here it is gone now, whenever the other end says so. */
  #end(link: Link, code: number, reason: string): void {
    if (link.isClosing) return;
    link.isClosing = true;
    this.#deps.transport.close(link.id, code, reason);
    this.#forget(link, code, reason);
  }

  #forget(link: Link, code: number, reason: string): void {
    if (!this.#links.delete(link.id)) return;
    link.isClosing = true;
    link.cancelTimeout();
    const peer = link.hello?.replicaId ?? null;
    const { listener } = this.#deps;
    if (peer !== null && this.#byPeer.get(peer) === link) {
      this.#byPeer.delete(peer);
      listener.linkDown(peer, code, reason);
    } else if (link.direction === 'dialled') {
      // A stranger's word about who it is counts for nothing, but that it is linked already can be seen.
      const linked = peer !== null && this.#byPeer.has(peer) ? peer : null;
      listener.dialEnded(link.address, code, reason, linked);
    }
  }
}

/** Two clones take each other's links as fast as they dial, seconds apart; coincidences are rarer by far. */
const strayWindowMs = 300_000;
const straysOfClone = 3;

/** Bytes of one message before authentication. */
const handshakeFrameBytes = 8192;
