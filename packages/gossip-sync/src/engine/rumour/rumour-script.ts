import { createRandom, isReplicaId, type ReplicaId } from '@hearsay/core';
import { defaultRumourConfig, type RumourConfig } from './config.ts';
import type { RumourEffect, RumourEvent } from './events.ts';
import type { RumourMark, RumourMessage, RumourOutcome } from './messages.ts';
import { createRumourMachine, type RumourMachine } from './rumour-machine.ts';

/** For tests: a machine that meets the partners it is told to, in order, and what it does in reply. */
export interface ScriptedRumours {
  readonly machine: RumourMachine;
  /** Partners it will draw; when used up nobody can be reached. */
  readonly partners: ReplicaId[];
  handle(event: RumourEvent, now?: number): readonly RumourEffect[];
  cycle(): readonly RumourEffect[];
  hear(from: ReplicaId, message: RumourMessage): readonly RumourEffect[];
  /** Its store takes everything handed to it and finds it novel. */
  store(effects: readonly RumourEffect[]): readonly RumourEffect[];
}

/** The paper's plain push with feedback and counter, told nothing of the clock. */
const plainPush: RumourConfig = {
  ...defaultRumourConfig,
  direction: 'push',
  k: 2,
  minimisation: false,
  fanOut: 1,
  rememberHolders: 0,
  announceCooling: false,
  intervalMs: null,
};

export function scriptedRumours(config: Partial<RumourConfig>, seed = 'rumours'): ScriptedRumours {
  const partners: ReplicaId[] = [];
  const machine = createRumourMachine({
    config: { ...plainPush, ...config },
    random: createRandom(seed),
    partners: { pick: () => partners.shift() },
  });
  const handle = (event: RumourEvent, now = 0): readonly RumourEffect[] => machine.handle(event, now);
  return {
    machine,
    partners,
    handle,
    cycle: () => handle({ type: 'timer', timer: { type: 'cycle', generation: 0 } }),
    hear: (from, message) => handle({ type: 'message', from, message }),
    store: (effects) =>
      effects.flatMap((effect) => {
        if (effect.type !== 'store') return [];
        const outcomes = effect.rumours.map(({ id }) => ({ id, outcome: 'novel' }) as const);
        return handle({ type: 'stored', from: effect.from, outcomes });
      }),
  };
}

export function peer(number: number): ReplicaId {
  const id = number.toString(16).padStart(32, '0');
  if (!isReplicaId(id)) throw new Error(`not a replica id: ${id}`);
  return id;
}

export function mark(id: string, count = 0, sizeBytes = 10): RumourMark {
  return { id, sizeBytes, count };
}

/** A push that carries payloads and wants feedback. */
export function push(...carried: readonly RumourMark[]): RumourMessage {
  return { type: 'gossip', conversation: 0, carried, announced: [], pull: false, feedback: true };
}

export function announce(...announced: readonly RumourMark[]): RumourMessage {
  return { type: 'gossip', conversation: 0, carried: [], announced, pull: false, feedback: true };
}

export function ask(...carried: readonly RumourMark[]): RumourMessage {
  return { type: 'gossip', conversation: 0, carried, announced: [], pull: true, feedback: true };
}

/** What became of a rumour, as a partner tells it. */
export function told(
  role: 'push' | 'pull',
  id: string,
  known: boolean,
  count: number | null = null,
): RumourMessage {
  return { type: 'feedback', role, outcomes: [{ id, known, count }] };
}

/** Messages to send, as `to type` with what they carry, for reading in tests. */
export function sent(effects: readonly RumourEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' ? [`${Number.parseInt(effect.to, 16)} ${messageText(effect.message)}`] : [],
  );
}

function messageText(message: RumourMessage): string {
  switch (message.type) {
    case 'gossip':
    case 'answer':
      return [
        message.type,
        ...message.carried.map(({ id }) => id),
        ...message.announced.map(({ id }) => `?${id}`),
      ].join(' ');
    case 'feedback':
      return message.outcomes.map(outcomeText).join(' ');
    case 'request':
    case 'payload':
      return [message.type, ...message.ids].join(' ');
    case 'refuse':
      return 'refuse';
  }
}

function outcomeText({ id, known }: RumourOutcome): string {
  return `${id} ${known ? 'known' : 'needed'}`;
}
