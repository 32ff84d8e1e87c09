import type { ClientSession } from './session.ts';

/** What a client had sent before it hears of a close is still delivered: nothing of it may have an effect. */
export function untilClosed(session: ClientSession): ClientSession {
  let closed = false;
  return {
    dialect: session.dialect,
    handle: (event, now) => {
      if (closed) return [];
      const effects = session.handle(event, now);
      const last = effects.findIndex(({ type }) => type === 'close');
      if (last < 0) return effects;
      closed = true;
      return effects.slice(0, last + 1);
    },
  };
}
