import type { EngineEvent, EngineTimer } from './events.ts';
import type { WiredParts } from './wired-parts.ts';

/** Hands a timer back to the part that set it. */
export function routeTimer(to: WiredParts, event: EngineTimer, now: number): void {
  switch (event.part) {
    case 'peers':
      to.peers({ type: 'timer', timer: event.timer }, now);
      break;
    case 'membership':
      to.membership({ type: 'timer', timer: event.timer }, now);
      break;
    case 'views':
      to.views({ type: 'timer', timer: event.timer }, now);
      break;
    case 'outgoingMail':
      to.outgoingMail({ type: 'timer' }, now);
      break;
    case 'spreading':
      to.spreading({ type: 'timer', timer: event.timer }, now);
      break;
    case 'exchange':
      to.exchange({ type: 'timer', batch: event.batch }, now);
      break;
    case 'repair':
      to.repair({ type: 'timer', timer: event.timer }, now);
      break;
    case 'presence':
      to.presence({ type: 'timer', timer: event.timer }, now);
      break;
    case 'contents':
      to.contents({ type: 'timer' }, now);
      break;
    case 'members':
      break;
  }
}

/** Hands an answer of the store to the part that asked. */
export function routeAnswer(
  to: WiredParts,
  { token, answer }: Extract<EngineEvent, { type: 'answered' }>,
  now: number,
): void {
  switch (token.part) {
    case 'outgoingMail':
      to.outgoingMail({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'incomingMail':
      to.incomingMail({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'spreading':
      to.spreading({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'exchange':
      to.exchange({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'documentServer':
      to.documentServer({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'repair':
      to.repair({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'responder':
      to.responder({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'contents':
      to.contents({ type: 'answered', token: token.token, answer }, now);
      break;
    case 'peers':
    case 'members':
      break;
  }
}
