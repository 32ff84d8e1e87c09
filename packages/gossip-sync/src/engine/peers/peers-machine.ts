import type { Random, ReplicaId } from '@hearsay/core';
import { closeCodes } from '../../wire/close-codes.ts';
import type { Machine } from '../machine.ts';
import type { Topology } from '../topology.ts';
import { AddressBook } from './address-book.ts';
import type { PeersConfig } from './config.ts';
import type { PeersEffect, PeersEvent, PeersTimer } from './events.ts';
import type { Contact, RememberedContact } from './messages.ts';

export interface PeersMachine extends Machine<PeersEvent, PeersEffect> {
  /** The highest incarnation of `peer` that proved itself here; undefined when none did. */
  knownIncarnation(peer: ReplicaId): number | undefined;
  readonly contacts: ReadonlyMap<ReplicaId, Contact>;
}

export interface PeersDeps {
  readonly config: PeersConfig;
  readonly random: Random;
  readonly self: ReplicaId;
  readonly topology: Topology;
  /** Whether a part of the node wants the link to the peer to stay. */
  isNeeded(peer: ReplicaId): boolean;
}

/** Keeps the links: to seeds, to every node that is heard of while the mesh is full, and to whom others wish. */
export function createPeersMachine(deps: PeersDeps): PeersMachine {
  return new Peers(deps);
}

/** Up to so many contacts the usual delay holds. */
const contactsWrittenAtOnce = 10;

class Peers implements PeersMachine {
  readonly #deps: PeersDeps;
  readonly #book: AddressBook;
  readonly #contacts = new Map<ReplicaId, RememberedContact>();
  #effects: PeersEffect[] = [];
  /** Peers with a link that was dialled from here, and since when. */
  readonly #dialled = new Map<ReplicaId, number>();
  #isFullMesh = true;
  #dialAt = Number.POSITIVE_INFINITY;
  #announceAt: number | null = null;
  #rememberAt: number | null = null;

  constructor(deps: PeersDeps) {
    this.#deps = deps;
    this.#book = new AddressBook(deps.config, deps.random);
  }

  get contacts(): ReadonlyMap<ReplicaId, Contact> {
    return this.#contacts;
  }

  knownIncarnation(peer: ReplicaId): number | undefined {
    return this.#contacts.get(peer)?.seen || undefined;
  }

  handle(event: PeersEvent, now: number): readonly PeersEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'started':
        for (const seed of this.#deps.config.seeds) this.#book.put(seed, null, now);
        for (const contact of event.remembered) this.#restore(contact, now);
        break;
      case 'linkUp': {
        const { replicaId, incarnation, addresses, region } = event.peer;
        this.#learn({ replicaId, incarnation, addresses, region }, incarnation, now);
        this.#book.linked(replicaId, event.direction === 'dialled' ? event.address : null);
        if (event.direction === 'dialled') this.#dialled.set(replicaId, now);
        // At once to the new one, which mails nothing before it knows.
        this.#tellNeighbours(replicaId);
        this.#announceLater(now);
        break;
      }
      case 'linkDown':
        this.#dialled.delete(event.peer);
        this.#book.unlinked(event.peer, now);
        this.#announceLater(now);
        break;
      case 'dialEnded':
        this.#book.ended(event.address, event.code, event.peer, now);
        break;
      case 'learnt':
        this.#learn(event.contact, 0, now);
        break;
      case 'left':
        this.#book.forget(event.peer);
        break;
      case 'wish':
        for (const address of event.addresses) this.#book.wish(address, event.peer, now);
        break;
      case 'fullMesh':
        this.#onFullMesh(event.isFullMesh, now);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
    }
    this.#armDial(now);
    return this.#effects;
  }

  #onFullMesh(isFullMesh: boolean, now: number): void {
    if (this.#isFullMesh === isFullMesh) return;
    this.#isFullMesh = isFullMesh;
    if (isFullMesh) this.#announceLater(now);
    else {
      this.#announce();
      this.#releaseLater(now);
    }
  }

  #releaseLater(now: number): void {
    const afterMs = this.#deps.config.releaseAfterMs / 2;
    this.#wake({ type: 'release', at: now + afterMs }, afterMs);
  }

  /** Beside a partial view: closes what was dialled for a moment. Whoever was dialled leaves that to the dialler. */
  #release(now: number): void {
    if (this.#isFullMesh) return;
    this.#releaseLater(now);
    for (const [peer, since] of this.#dialled) {
      if (now - since < this.#deps.config.releaseAfterMs || this.#deps.isNeeded(peer)) continue;
      const reason = 'the link is not needed any more';
      this.#effects.push({ type: 'close', peer, code: closeCodes.released, reason });
    }
  }

  #onTimer({ type, at }: PeersTimer, now: number): void {
    // A timer that an earlier one has overtaken does nothing.
    if (type === 'dial' && at === this.#dialAt) {
      this.#dialAt = Number.POSITIVE_INFINITY;
      const addresses = this.#book.takeDue(now, this.#deps.topology.linked, this.#isFullMesh);
      for (const address of addresses) this.#effects.push({ type: 'dial', address });
    } else if (type === 'announce' && at === this.#announceAt) {
      this.#announceAt = null;
      this.#announce();
    } else if (type === 'remember' && at === this.#rememberAt) {
      this.#rememberAt = null;
      const contacts = [...this.#contacts.values()];
      this.#effects.push({ type: 'ask', request: { call: 'rememberContacts', contacts }, token: null });
    } else if (type === 'release') this.#release(now);
  }

  #restore(contact: RememberedContact, now: number): void {
    this.#contacts.set(contact.replicaId, contact);
    for (const address of contact.addresses) this.#book.put(address, contact.replicaId, now);
  }

  /** `seen` is its incarnation when it has proven itself, 0 for hearsay. */
  #learn(contact: Contact, seen: number, now: number): void {
    const { self, config } = this.#deps;
    const { replicaId, incarnation, addresses } = contact;
    const known = this.#contacts.get(replicaId);
    const isNews = known === undefined || isNewer(contact, known);
    if (replicaId === self || (!isNews && seen <= known.seen)) return;
    if (known === undefined && seen === 0 && this.#contacts.size >= config.maxContacts) return;
    if (isNews || seen > 0) {
      if (known !== undefined && !sameAddresses(known, contact)) this.#book.forget(replicaId);
      const dueAt = now + (self < replicaId ? 0 : config.courtesyMs);
      for (const address of addresses) this.#book.put(address, replicaId, dueAt);
    }
    this.#contacts.set(replicaId, {
      ...(isNews || seen > 0 ? contact : known),
      incarnation: Math.max(incarnation, known?.incarnation ?? 0),
      seen: Math.max(seen, known?.seen ?? 0),
    });
    if (known === undefined) {
      this.#effects.push({
        type: 'notice',
        notice: { type: 'contactLearnt', peer: replicaId, addresses },
      });
    }
    if (this.#rememberAt !== null) return;
    // All are written each time: the more there are, the more rarely, or joins would cost the square of their number.
    const afterMs = config.newsDelayMs * Math.max(1, this.#contacts.size / contactsWrittenAtOnce);
    this.#rememberAt = now + afterMs;
    this.#wake({ type: 'remember', at: this.#rememberAt }, afterMs);
  }

  /** Among partial views nobody relies on who is linked to whom, and links change all the time. */
  #announceLater(now: number): void {
    if (this.#announceAt !== null || !this.#isFullMesh) return;
    const { newsDelayMs } = this.#deps.config;
    this.#announceAt = now + newsDelayMs;
    this.#wake({ type: 'announce', at: this.#announceAt }, newsDelayMs);
  }

  /** Tells every peer whom this node is linked to now. */
  #announce(): void {
    for (const peer of this.#deps.topology.linked) this.#tellNeighbours(peer);
  }

  /** Beside a partial view: nobody, so that peers that mail count on no other way to this node. */
  #tellNeighbours(to: ReplicaId): void {
    const linked = this.#isFullMesh ? [...this.#deps.topology.linked].filter((peer) => peer !== to) : [];
    this.#effects.push({ type: 'send', to, message: { type: 'neighbours', linked } });
  }

  #armDial(now: number): void {
    const dueAt = this.#book.nextDue(this.#deps.topology.linked, this.#isFullMesh);
    if (dueAt === undefined || dueAt >= this.#dialAt) return;
    this.#dialAt = dueAt;
    this.#wake({ type: 'dial', at: dueAt }, Math.max(0, dueAt - now));
  }

  #wake(timer: PeersTimer, afterMs: number): void {
    this.#effects.push({ type: 'wake', afterMs, timer });
  }
}

function isNewer(contact: Contact, known: Contact): boolean {
  return contact.incarnation > known.incarnation;
}

function sameAddresses(a: Contact, b: Contact): boolean {
  return a.addresses.join(' ') === b.addresses.join(' ');
}
