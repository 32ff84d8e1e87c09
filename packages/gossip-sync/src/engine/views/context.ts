import type { Random, ReplicaId } from '@hearsay/core';
import { activeViewSize, type ViewsConfig } from './config.ts';
import type { ViewsEffect } from './events.ts';
import type { PeerContact, ViewsMessage } from './messages.ts';
import type { PassiveView } from './passive-view.ts';

/** What the parts of the views machine share. */
export interface ViewsContext {
  readonly config: ViewsConfig;
  readonly random: Random;
  readonly self: PeerContact;
  readonly active: Map<ReplicaId, PeerContact>;
  readonly passive: PassiveView;
  /** Peers with an open link, in the active view or not. */
  readonly links: Map<ReplicaId, PeerContact>;
  /** Members of the cluster as far as is known, this node included. */
  members: number;
  readonly emit: (effect: ViewsEffect) => void;
}

/** The active view wanted now. */
export function activeSize({ config, members }: ViewsContext): number {
  return activeViewSize(config, members);
}

/** Keeps a peer in reserve; `spare` are those to give up first where the view is full. */
export function addPassive(
  context: ViewsContext,
  contact: PeerContact,
  spare: readonly PeerContact[] = [],
): void {
  const { config, self, active, passive } = context;
  if (contact.replicaId === self.replicaId || active.has(contact.replicaId)) return;
  passive.add(contact, activeSize(context) * config.passiveFactor, spare);
}

export function someActive(
  { active, random }: ViewsContext,
  except: readonly ReplicaId[],
): ReplicaId | undefined {
  return random.pick([...active.keys()].filter((peer) => !except.includes(peer)));
}

/** Nothing goes to a peer without a link. */
export function sendTo({ links, emit }: ViewsContext, to: ReplicaId, message: ViewsMessage): void {
  if (links.has(to)) emit({ type: 'send', to, message });
}
