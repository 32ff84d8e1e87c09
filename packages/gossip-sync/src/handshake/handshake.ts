import type { ReplicaId } from '@hearsay/core';
import type { LinkDirection, ProofRefusal, ReplicaIdentity } from '../ports.ts';
import { type CloseCode, closeCodes } from '../wire/close-codes.ts';
import { judgeHello, type LocalNode, type Refusal } from './judge-hello.ts';
import type { HandshakeMessage, HelloMessage } from './messages.ts';

export type HandshakeEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'message'; readonly message: HandshakeMessage }
  /** Answers `prove`. */
  | { readonly type: 'proved'; readonly token: string }
  /** Answers `verify`; a refusal in its own words. */
  | { readonly type: 'verified'; readonly valid: boolean | ProofRefusal }
  | { readonly type: 'timeout' };

export type HandshakeEffect =
  | { readonly type: 'send'; readonly message: HandshakeMessage }
  | { readonly type: 'prove'; readonly audience: ReplicaId; readonly nonce: string }
  | {
      readonly type: 'verify';
      readonly token: string;
      readonly from: ReplicaIdentity;
      readonly nonce: string;
    }
  /** The peer is who it says; anything may be sent from here on, in both directions. */
  | { readonly type: 'established'; readonly peer: HelloMessage }
  | { readonly type: 'refuse'; readonly refusal: Refusal };

/**
 * The states of a handshake. The dialler proves itself first, so that a stranger who dials gets nothing but a hello; the
 * acceptor's first proof is for the peer it has already verified.
 */
type State =
  | { readonly name: 'new' }
  | { readonly name: 'awaitingHello' }
  | { readonly name: 'awaitingProof'; readonly peer: HelloMessage }
  | { readonly name: 'verifying'; readonly peer: HelloMessage }
  | { readonly name: 'proving'; readonly peer: HelloMessage }
  | { readonly name: 'established' }
  | { readonly name: 'refused' };

/** One link's handshake: hello both ways, then proof both ways; one message of each, and nothing before its turn. */
export interface Handshake {
  readonly state: State['name'];
  handle(event: HandshakeEvent): readonly HandshakeEffect[];
}

export interface HandshakeDeps {
  readonly local: LocalNode;
  readonly direction: LinkDirection;
  /** What to say on this link. */
  readonly hello: HelloMessage;
}

export function createHandshake(deps: HandshakeDeps): Handshake {
  return new HandshakeMachine(deps);
}

class HandshakeMachine implements Handshake {
  readonly #deps: HandshakeDeps;
  #state: State = { name: 'new' };

  constructor(deps: HandshakeDeps) {
    this.#deps = deps;
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  handle(event: HandshakeEvent): readonly HandshakeEffect[] {
    if (this.#state.name === 'established' || this.#state.name === 'refused') return [];
    switch (event.type) {
      case 'opened':
        return this.#onOpened();
      case 'message':
        return event.message.type === 'hello'
          ? this.#onHello(event.message)
          : this.#onProof(event.message.token);
      case 'proved':
        return this.#onProved(event.token);
      case 'verified':
        return this.#onVerified(event.valid);
      case 'timeout':
        return this.#refuse(closeCodes.handshakeTimeout, 'the handshake takes too long');
    }
  }

  #onOpened(): readonly HandshakeEffect[] {
    if (this.#state.name !== 'new') return [];
    this.#state = { name: 'awaitingHello' };
    return this.#dialled ? [{ type: 'send', message: this.#deps.hello }] : [];
  }

  #onHello(peer: HelloMessage): readonly HandshakeEffect[] {
    if (this.#state.name !== 'awaitingHello') return this.#outOfTurn();
    const refusal = judgeHello(peer, this.#deps.local);
    if (refusal !== null) return this.#refuse(refusal.code, refusal.reason, refusal);
    if (this.#dialled) {
      this.#state = { name: 'proving', peer };
      return [{ type: 'prove', audience: peer.replicaId, nonce: peer.nonce }];
    }
    this.#state = { name: 'awaitingProof', peer };
    return [{ type: 'send', message: this.#deps.hello }];
  }

  #onProof(token: string): readonly HandshakeEffect[] {
    if (this.#state.name !== 'awaitingProof') return this.#outOfTurn();
    const { peer } = this.#state;
    const { cluster, replicaId, incarnation } = peer;
    this.#state = { name: 'verifying', peer };
    return [
      { type: 'verify', token, from: { cluster, replicaId, incarnation }, nonce: this.#deps.hello.nonce },
    ];
  }

  #onVerified(valid: boolean | ProofRefusal): readonly HandshakeEffect[] {
    if (this.#state.name !== 'verifying') return [];
    const { peer } = this.#state;
    if (typeof valid === 'object') return this.#refuse(valid.code, valid.reason);
    if (!valid) return this.#refuse(closeCodes.wrongSecret, 'the proof of the cluster secret does not hold');
    if (this.#dialled) return this.#establish(peer);
    this.#state = { name: 'proving', peer };
    return [{ type: 'prove', audience: peer.replicaId, nonce: peer.nonce }];
  }

  #onProved(token: string): readonly HandshakeEffect[] {
    if (this.#state.name !== 'proving') return [];
    const { peer } = this.#state;
    const proof: HandshakeEffect = { type: 'send', message: { type: 'proof', token } };
    if (!this.#dialled) return [proof, ...this.#establish(peer)];
    this.#state = { name: 'awaitingProof', peer };
    return [proof];
  }

  #establish(peer: HelloMessage): readonly HandshakeEffect[] {
    this.#state = { name: 'established' };
    return [{ type: 'established', peer }];
  }

  #outOfTurn(): readonly HandshakeEffect[] {
    return this.#refuse(closeCodes.unauthenticated, `not the message to send while ${this.#state.name}`);
  }

  #refuse(code: CloseCode, reason: string, refusal?: Refusal): readonly HandshakeEffect[] {
    this.#state = { name: 'refused' };
    return [{ type: 'refuse', refusal: refusal ?? { code, reason, peer: null } }];
  }

  get #dialled(): boolean {
    return this.#deps.direction === 'dialled';
  }
}
