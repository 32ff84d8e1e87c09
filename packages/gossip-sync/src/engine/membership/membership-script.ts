import { createRandom, isReplicaId, type ReplicaId } from '@hearsay/core';
import { defaultMembershipConfig, type MembershipConfig } from './config.ts';
import type { MembershipEffect, MembershipEvent, MembershipNotice, MembershipTimer } from './events.ts';
import { createMembershipMachine, type MembershipMachine } from './membership-machine.ts';
import type { MemberClaim, MemberStatus, MembershipMessage } from './messages.ts';

/** For tests: one node, its timers in order, and the messages it sends. */
export interface ScriptedMember {
  readonly machine: MembershipMachine;
  readonly self: ReplicaId;
  now: number;
  handle(event: MembershipEvent): readonly MembershipEffect[];
  hear(from: ReplicaId, message: MembershipMessage): readonly MembershipEffect[];
  gossip(...claims: readonly MemberClaim[]): readonly MembershipEffect[];
  /** Introduces live members and links them, one to the next id. */
  meet(...peers: readonly ReplicaId[]): void;
  /** Runs every timer that falls due within so many milliseconds, `lateMs` late each. */
  pass(ms: number, lateMs?: number): readonly MembershipEffect[];
}

/** The number 100 is the node itself; peers of lower number begin the comparison of lists with it. */
export const selfNumber = 100;

export function scriptedMember(
  config: Partial<MembershipConfig> = {},
  {
    seed = 'membership',
    seeds = [],
    incarnation = 5,
  }: { readonly seed?: string; readonly seeds?: readonly string[]; readonly incarnation?: number } = {},
): ScriptedMember {
  const self = peer(selfNumber);
  const machine = createMembershipMachine({
    config: { ...defaultMembershipConfig, ...config },
    random: createRandom(seed),
    replicaId: self,
    incarnation,
    session: 1,
    description: { addresses: ['ws://self'], region: 'eu', capabilities: [] },
    seeds,
  });
  let timers: { readonly at: number; readonly timer: MembershipTimer }[] = [];
  const script: ScriptedMember = {
    machine,
    self,
    now: 0,
    handle: (event) => {
      const effects = machine.handle(event, script.now);
      for (const effect of effects) {
        if (effect.type === 'wake') timers.push({ at: script.now + effect.afterMs, timer: effect.timer });
      }
      return effects;
    },
    hear: (from, message) => script.handle({ type: 'message', from, message }),
    gossip: (...claims) => script.hear(peer(1), { type: 'gossip', claims }),
    meet: (...peers) => {
      for (const other of peers) {
        script.gossip(claim(other, 'alive'));
        script.handle({ type: 'linkUp', peer: other });
      }
    },
    pass: (ms, lateMs = 0) => {
      const until = script.now + ms;
      const effects: MembershipEffect[] = [];
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        const next = timers[0];
        if (next === undefined || next.at > until) break;
        timers = timers.slice(1);
        script.now = Math.max(script.now, next.at + lateMs);
        effects.push(...script.handle({ type: 'timer', timer: next.timer }));
      }
      script.now = Math.max(script.now, until);
      return effects;
    },
  };
  return script;
}

export function peer(number: number): ReplicaId {
  const id = number.toString(16).padStart(32, '0');
  if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
  return id;
}

/** News of a member at its first start, unless `over` says otherwise. */
export function claim(
  replicaId: ReplicaId,
  status: MemberStatus,
  over: Partial<MemberClaim> = {},
): MemberClaim {
  return {
    replicaId,
    incarnation: 1,
    revision: 0,
    session: 7,
    status,
    by: status === 'alive' || status === 'left' ? null : peer(99),
    description: { addresses: [`ws://${replicaId}`], region: '', capabilities: [] },
    ...over,
  };
}

/** The messages of one type among effects, with whom they go to. */
export function messagesOf<Type extends MembershipMessage['type']>(
  effects: readonly MembershipEffect[],
  type: Type,
): { readonly to: ReplicaId; readonly message: Extract<MembershipMessage, { readonly type: Type }> }[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && isOfType(effect.message, type)
      ? [{ to: effect.to, message: effect.message }]
      : [],
  );
}

export function notices(effects: readonly MembershipEffect[]): MembershipNotice[] {
  return effects.flatMap((effect) => (effect.type === 'notice' ? [effect.notice] : []));
}

/** Claims about one member in all messages among effects. */
export function claimsAbout(effects: readonly MembershipEffect[], replicaId: ReplicaId): MemberClaim[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send' || !('claims' in effect.message)) return [];
    return effect.message.claims.filter((about) => about.replicaId === replicaId);
  });
}

function isOfType<Type extends MembershipMessage['type']>(
  message: MembershipMessage,
  type: Type,
): message is Extract<MembershipMessage, { readonly type: Type }> {
  return message.type === type;
}
