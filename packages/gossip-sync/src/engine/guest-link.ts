import type { EngineMessage } from './events.ts';
import type { WiredParts } from './wired-parts.ts';

/** Between a node and a guest there is no cluster: the parts that make one hear of nothing. */
export function withoutCluster(to: WiredParts): WiredParts {
  const nothing = (): void => {};
  return {
    ...to,
    membership: nothing,
    views: nothing,
    spreading: nothing,
    presence: nothing,
    contents: nothing,
  };
}

/** Whether a message belongs on a link to a guest. */
export function isForGuests({ channel }: EngineMessage): boolean {
  return channel === 'peers' || channel === 'mail' || channel === 'repair' || channel === 'documents';
}
