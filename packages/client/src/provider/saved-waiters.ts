import type { WantId } from '../channel/channel-types.ts';
import type { EditKey } from '../channel/edit-ledger.ts';
import type { WantedLevel } from '../wire/client-frames.ts';
import { ProviderError } from './provider-error.ts';

/**
 * How safe is safe: `local`: synced to the disk of the node this client talks to. A number: on that many nodes. `regions`: on
 * one node of every region.
 */
export type SaveLevel = 'local' | 'regions' | number;

interface Waiter {
  readonly edits: Set<EditKey>;
  readonly level: SaveLevel;
  readonly resolve: () => void;
  readonly reject: (error: ProviderError) => void;
}

export interface SavedWaitersDeps {
  /** Makes an id no other tab makes. */
  nextId(): WantId;
  /** The document, with all that is on a server now, is wanted on a level above `local`. */
  want(id: WantId, level: WantedLevel): void;
  unwant(id: WantId): void;
}

/** Those who wait until edits are saved: first on one node, then, where more was asked for, on others. */
export class SavedWaiters {
  readonly #deps: SavedWaitersDeps;
  readonly #waiters = new Map<WantId, Waiter>();

  constructor(deps: SavedWaitersDeps) {
    this.#deps = deps;
  }

  /** Resolves when these edits, and for levels above `local` the whole document with them, are that safe. */
  wait(edits: readonly EditKey[], level: SaveLevel, signal?: AbortSignal): Promise<void> {
    if (edits.length === 0 && level === 'local') return Promise.resolve();
    if (signal?.aborted) return Promise.reject(aborted());
    const id = this.#deps.nextId();
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { edits: new Set(edits), level, resolve, reject });
      signal?.addEventListener('abort', () => this.#end(id)?.reject(aborted()), { once: true });
      if (edits.length === 0) this.#want(id);
    });
  }

  saved(keys: readonly EditKey[]): void {
    for (const [id, { edits, level }] of [...this.#waiters]) {
      const before = edits.size;
      for (const key of keys) edits.delete(key);
      if (before === 0 || edits.size > 0) continue;
      if (level === 'local') this.#end(id)?.resolve();
      else this.#want(id);
    }
  }

  reached(id: WantId): void {
    this.#end(id)?.resolve();
  }

  /** It will never be known. */
  untold(id: WantId): void {
    this.#end(id)?.reject(new ProviderError('NO_LEVELS', 'this server tells of no level above local'));
  }

  /** Another tab leads: what the last one was asked for is asked again. */
  askAgain(): void {
    for (const [id, { edits }] of this.#waiters) if (edits.size === 0) this.#want(id);
  }

  /** No more waiting, for those who wait for an edit only or for all. */
  fail(error: ProviderError, which: 'edits' | 'all'): void {
    for (const [id, { edits }] of [...this.#waiters]) {
      if (which === 'all' || edits.size > 0) this.#end(id)?.reject(error);
    }
  }

  #want(id: WantId): void {
    const level = this.#waiters.get(id)?.level;
    if (level === undefined || level === 'local') return;
    const isRegions = level === 'regions';
    this.#deps.want(id, { nodes: isRegions ? 0 : level, regions: isRegions });
  }

  #end(id: WantId): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return undefined;
    this.#waiters.delete(id);
    if (waiter.level !== 'local') this.#deps.unwant(id);
    return waiter;
  }
}

function aborted(): ProviderError {
  return new ProviderError('ABORTED', 'nobody waits any more');
}
