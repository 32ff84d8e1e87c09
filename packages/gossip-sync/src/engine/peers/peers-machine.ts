import type { Random, ReplicaId } from '@hearsay/core';
import type { Machine } from '../machine.ts';
import type { Topology } from '../topology.ts';
import { AddressBook } from './address-book.ts';
import type { PeersConfig } from './config.ts';
import type { LinkedPeer, PeersEffect, PeersEvent, PeersTimer } from './events.ts';
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
}

/** Finds nodes through seeds and through one another, remembers them, and keeps a link to each. */
export function createPeersMachine(deps: PeersDeps): PeersMachine {
  return new Peers(deps);
}

class Peers implements PeersMachine {
  readonly #deps: PeersDeps;
  readonly #book: AddressBook;
  readonly #contacts = new Map<ReplicaId, RememberedContact>();
  /** Contacts learnt since the last news. */
  readonly #fresh = new Set<ReplicaId>();
  #effects: PeersEffect[] = [];
  #dialAt = Number.POSITIVE_INFINITY;
  #newsAt: number | null = null;

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
      case 'linkUp':
        this.#onLinkUp(event.peer, event.direction === 'dialled' ? event.address : null, now);
        break;
      case 'linkDown':
        this.#book.unlinked(event.peer, now);
        this.#announceLater(now);
        break;
      case 'dialEnded':
        this.#book.ended(event.address, event.code, event.peer, now);
        break;
      case 'message':
        for (const contact of event.message.contacts) this.#learn(contact, 0, now);
        break;
      case 'timer':
        this.#onTimer(event.timer, now);
        break;
    }
    this.#armDial(now);
    return this.#effects;
  }

  #onTimer({ type, at }: PeersTimer, now: number): void {
    if (type === 'dial') {
      // A timer that an earlier one has overtaken.
      if (at !== this.#dialAt) return;
      this.#dialAt = Number.POSITIVE_INFINITY;
      const { topology, config } = this.#deps;
      for (const address of this.#book.takeDue(
        now,
        config.maxLinks - topology.linked.size,
        topology.linked,
      )) {
        this.#effects.push({ type: 'dial', address });
      }
    } else if (at === this.#newsAt) {
      this.#newsAt = null;
      this.#announce();
    }
  }

  #onLinkUp(peer: LinkedPeer, dialled: string | null, now: number): void {
    const { replicaId, incarnation, addresses, region } = peer;
    this.#learn({ replicaId, incarnation, addresses, region }, incarnation, now);
    this.#book.linked(replicaId, dialled);
    const others = [...this.#contacts.values()].filter((contact) => contact.replicaId !== replicaId);
    if (others.length > 0) this.#send(replicaId, others);
    this.#announceLater(now);
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
    if (replicaId === self || (known !== undefined && !isNewer(contact, known) && seen <= known.seen)) return;
    if (known === undefined && seen === 0 && this.#contacts.size >= config.maxContacts) return;
    const isMoved = known === undefined || isNewer(contact, known) || seen > 0;
    if (isMoved) {
      if (known !== undefined && !sameAddresses(known, contact)) this.#book.moved(replicaId);
      const dueAt = now + (self < replicaId ? 0 : config.courtesyMs);
      for (const address of addresses) this.#book.put(address, replicaId, dueAt);
    }
    const news = isMoved ? contact : known;
    this.#contacts.set(replicaId, {
      ...news,
      incarnation: Math.max(incarnation, known?.incarnation ?? 0),
      seen: Math.max(seen, known?.seen ?? 0),
    });
    this.#fresh.add(replicaId);
    if (known === undefined) {
      this.#effects.push({
        type: 'notice',
        notice: { type: 'contactLearnt', peer: replicaId, addresses },
      });
    }
    this.#announceLater(now);
  }

  #announceLater(now: number): void {
    if (this.#newsAt !== null) return;
    const { newsDelayMs } = this.#deps.config;
    this.#newsAt = now + newsDelayMs;
    this.#wake({ type: 'news', at: this.#newsAt }, newsDelayMs);
  }

  /** Tells every peer whom this node is linked to now, and the contacts that are news. */
  #announce(): void {
    const { linked } = this.#deps.topology;
    const fresh = [...this.#fresh].flatMap((id) => this.#contacts.get(id) ?? []);
    this.#fresh.clear();
    for (const to of linked) {
      const others = [...linked].filter((peer) => peer !== to);
      this.#effects.push({ type: 'send', to, message: { type: 'neighbours', linked: others } });
      const contacts = fresh.filter((contact) => contact.replicaId !== to);
      if (contacts.length > 0) this.#send(to, contacts);
    }
    if (fresh.length > 0) {
      const contacts = [...this.#contacts.values()];
      this.#effects.push({ type: 'ask', request: { call: 'rememberContacts', contacts }, token: null });
    }
  }

  #send(to: ReplicaId, contacts: readonly Contact[]): void {
    this.#effects.push({ type: 'send', to, message: { type: 'contacts', contacts } });
  }

  #armDial(now: number): void {
    const { topology, config } = this.#deps;
    if (topology.linked.size >= config.maxLinks) return;
    const dueAt = this.#book.nextDue(topology.linked);
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
