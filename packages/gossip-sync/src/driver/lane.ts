import type { EngineMessage } from '../engine/events.ts';

/**
 * How urgent a message is. `control`: small, and what keeps a cluster together: never waits. `news`: what has just been
 * written. `bulk`: what repair moves; waits for all else.
 */
export type Lane = 'control' | 'news' | 'bulk';

export function laneOf({ channel, message }: EngineMessage): Lane {
  switch (channel) {
    case 'mail':
      return message.type === 'delivery' ? 'news' : 'control';
    case 'rumour':
      return 'payloads' in message ? 'news' : 'control';
    case 'presence':
      return 'news';
    case 'documents':
      return message.type === 'stored' ? 'control' : 'bulk';
    case 'repair':
      return bulky.has(message.type) ? 'bulk' : 'control';
    default:
      return 'control';
  }
}

/** Lists of digests and answers of walks; the rest fits a packet. */
const bulky: ReadonlySet<string> = new Set(['recent', 'offer', 'roots', 'walk', 'walkAnswer']);
