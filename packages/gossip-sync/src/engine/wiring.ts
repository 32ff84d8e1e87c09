import type { DocumentKey, ReplicaId } from '@hearsay/core';
import type { SyncedEffect } from './anti-entropy/events.ts';
import type { ExchangeResult, FoundEffect } from './documents/events.ts';
import type { ExchangeMode } from './documents/messages.ts';
import type { EngineEffect, EngineMessage, EngineTimer, EngineToken } from './events.ts';
import type { SendEffect, WakeEffect } from './machine.ts';
import type { Member } from './membership/member.ts';
import type { AskEffect } from './requests.ts';
import type { PeerContact } from './views/messages.ts';

/** What one part asks of another: the engine carries it over. */
export type InnerEffect =
  /** Make these documents equal with the peer. */
  | {
      readonly type: 'exchange';
      readonly peer: ReplicaId;
      readonly keys: readonly DocumentKey[];
      readonly mode: ExchangeMode;
    }
  | {
      readonly type: 'settled';
      readonly peer: ReplicaId;
      readonly key: DocumentKey;
      readonly result: ExchangeResult;
    }
  | SyncedEffect
  | FoundEffect
  | { readonly type: 'wish'; readonly peer: ReplicaId | null; readonly addresses: readonly string[] }
  | { readonly type: 'member'; readonly member: Member }
  | { readonly type: 'connect'; readonly peer: PeerContact }
  | { readonly type: 'release'; readonly peer: ReplicaId }
  | { readonly type: 'neighbour'; readonly peer: ReplicaId; readonly isUp: boolean };

/** Effects that mean the same outside of the part they come from. */
type PassedEffect = Exclude<EngineEffect, { readonly type: 'send' | 'ask' | 'wake' }> | InnerEffect;

export type PartEffect<Message, Token, Timer> =
  | SendEffect<Message>
  | AskEffect<Token>
  | WakeEffect<Timer>
  | PassedEffect;

/** How what belongs to one part is marked as such: its messages, tokens and timers. */
export interface Marks<Message, Token, Timer> {
  readonly message: (message: Message) => EngineMessage;
  readonly token: (token: Token) => EngineToken;
  readonly timer: (timer: Timer) => EngineTimer;
}

/** A machine as a function of its events, whose effects go to `emit`, marked. */
export function wire<Event, Message, Token, Timer>(
  handle: (event: Event, now: number) => readonly PartEffect<Message, Token, Timer>[],
  marks: Marks<Message, Token, Timer>,
  emit: (effect: EngineEffect | InnerEffect) => void,
): (event: Event, now: number) => void {
  return (event, now) => {
    for (const effect of handle(event, now)) emit(mark(effect, marks));
  };
}

/** For a part that has no messages, tokens or timers of its own. */
export function none(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}

function mark<Message, Token, Timer>(
  effect: PartEffect<Message, Token, Timer>,
  marks: Marks<Message, Token, Timer>,
): EngineEffect | InnerEffect {
  switch (effect.type) {
    case 'send':
      return { type: 'send', to: effect.to, message: marks.message(effect.message) };
    case 'ask':
      return { type: 'ask', request: effect.request, token: marks.token(effect.token) };
    case 'wake':
      return { type: 'wake', afterMs: effect.afterMs, timer: marks.timer(effect.timer) };
    default:
      return effect;
  }
}
