import { type DocumentId, documentKey, err, type Result, type TaggedError, taggedError } from '@hearsay/core';
import type { DocumentStore, SubmitReceipt } from '@hearsay/storage';
import { addressGroup, isLocal } from '../websocket/address-limits.ts';

export interface NewDocumentsOptions {
  /** New documents of one address, and of one user, per minute; as many may come at once. 0: no limit. */
  readonly perMinute: number;
  /** Documents of one collection, those remembered as deleted too. 0: no limit. */
  readonly perCollection: number;
}

export interface NewDocumentsDeps {
  readonly store: Pick<DocumentStore, 'lookup' | 'roots'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Who writes: where from, and who that is, where it is known. */
export interface DocumentWriter {
  readonly address: string;
  readonly user: string | undefined;
}

type Stored = Result<SubmitReceipt, TaggedError>;

/** What one client writes to one document passes here, in order. */
export interface NewDocumentGate {
  write(update: Uint8Array, submit: () => Promise<Stored>): Promise<Stored>;
}

/**
 * Bounds what clients begin: how many documents in a minute, and how many there are. What comes from other nodes is never
 * refused, as all nodes are to hold the same, so a collection may grow above its bound by what several nodes take at once.
 */
export class NewDocuments {
  readonly #options: NewDocumentsOptions;
  readonly #deps: NewDocumentsDeps;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #allowances = new Map<string, { left: number; at: number }>();

  constructor(options: NewDocumentsOptions, deps: NewDocumentsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  gate(id: DocumentId, writer: DocumentWriter): NewDocumentGate {
    // A document that is there is not asked about again: when it ends, so does the channel.
    let isThere = this.#options.perMinute === 0 && this.#options.perCollection === 0;
    let waiting = 0;
    return {
      write: async (update, submit) => {
        if (isNothing(update) || (isThere && waiting === 0)) return submit();
        waiting++;
        try {
          const { stored } = await this.#inTurn(id, async () => {
            const verdict = isThere ? 'there' : await this.#judge(id, writer);
            if (verdict === 'there') {
              isThere = true;
              // The turn ends with the call, not with the disk: those who wait are to share its next sync.
              return { stored: submit() };
            }
            const begun = verdict === 'begins' ? await submit() : err(verdict);
            isThere ||= begun.ok;
            return { stored: Promise.resolve(begun) };
          });
          return await stored;
        } finally {
          waiting--;
        }
      },
    };
  }

  /** One at a time of a document; of a collection where that has a bound, so that two do not take the last place. */
  #inTurn<T>(id: DocumentId, run: () => Promise<T>): Promise<T> {
    const queue = this.#options.perCollection > 0 ? id.collection : documentKey(id);
    const done = (this.#queues.get(queue) ?? Promise.resolve()).then(run);
    const settled = done.then(nothing, nothing);
    this.#queues.set(queue, settled);
    void settled.then(() => {
      if (this.#queues.get(queue) === settled) this.#queues.delete(queue);
    });
    return done;
  }

  /** Whether the document is there, may begin, or why not. */
  async #judge(id: DocumentId, { address, user }: DocumentWriter): Promise<'there' | 'begins' | TaggedError> {
    const { phase } = await this.#deps.store.lookup(id);
    if (phase === 'live' || phase === 'damaged') return 'there';
    const { perMinute, perCollection } = this.#options;
    if (perCollection > 0 && phase === 'absent' && (await this.#count(id.collection)) >= perCollection) {
      return taggedError('COLLECTION_FULL', `the collection has ${perCollection} documents`);
    }
    const limited = [
      ...(user === undefined ? [] : [`user ${user}`]),
      ...(isLocal(address) ? [] : [`address ${addressGroup(address)}`]),
    ];
    if (perMinute === 0 || limited.every((who) => this.#allowance(who).left >= 1)) {
      if (perMinute > 0) for (const who of limited) this.#allowance(who).left--;
      return 'begins';
    }
    return taggedError('TOO_MANY_DOCUMENTS', `more than ${perMinute} new documents a minute`, true);
  }

  async #count(collection: string): Promise<number> {
    return (await this.#deps.store.roots()).find((root) => root.collection === collection)?.count ?? 0;
  }

  #allowance(who: string): { left: number } {
    const now = this.#deps.now();
    const full = this.#options.perMinute;
    if (this.#allowances.size >= sweepAt) {
      for (const [other, { left, at }] of this.#allowances) {
        if (left + ((now - at) / minuteMs) * full >= full) this.#allowances.delete(other);
      }
    }
    const known = this.#allowances.get(who) ?? { left: full, at: now };
    known.left = Math.min(full, known.left + ((now - known.at) / minuteMs) * full);
    known.at = now;
    this.#allowances.set(who, known);
    return known;
  }
}

function nothing(): void {}

/** Neither structs nor deletes: what clients say of a document that they only opened. */
function isNothing(update: Uint8Array): boolean {
  return update.byteLength === 2 && update[0] === 0 && update[1] === 0;
}

const minuteMs = 60_000;

/** Addresses and users remembered until those whose minute is over are forgotten. */
const sweepAt = 10_000;
