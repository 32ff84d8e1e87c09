import { type DocumentKey, utf8Decode, utf8Encode } from '@hearsay/core';
import type { DocumentStore } from '@hearsay/storage';

/** Where the ledger is kept: small records of a store. */
export type ParkingStore = Pick<DocumentStore, 'readState' | 'writeState'>;

/** Which documents have taken their workers down, and how often: once may be bad luck, twice is the document. */
export interface Parking {
  isParked(key: DocumentKey): boolean;
  /** The document's job took its worker down. */
  died(key: DocumentKey): void;
  /** A job of the document came to its end. */
  survived(key: DocumentKey): void;
  /** Parked documents, longest parked first. */
  parked(): readonly DocumentKey[];
  /** Lets a document try again; false when it was not parked. */
  release(key: DocumentKey): boolean;
  /** Takes over what an earlier run wrote down, and writes down what is learnt from now on. */
  keepIn(store: ParkingStore): Promise<void>;
  /** Resolves when everything learnt so far is written down, or cannot be. */
  saved(): Promise<void>;
}

export function createParking(): Parking {
  const deaths = new Map<DocumentKey, number>();
  let store: ParkingStore | undefined;
  let saving: Promise<void> = Promise.resolve();

  function save(): void {
    const kept = store;
    if (kept === undefined) return;
    // One after another, each with what is true by then. What a full disk does not take is written with the next change.
    saving = saving.then(() => kept.writeState(stateName, encode(deaths))).catch(() => {});
  }

  function forgetOldest(): void {
    for (const key of deaths.keys()) {
      if (deaths.size <= maxRemembered) return;
      deaths.delete(key);
    }
  }

  return {
    isParked: (key) => (deaths.get(key) ?? 0) >= maxDeaths,
    died(key) {
      deaths.set(key, (deaths.get(key) ?? 0) + 1);
      forgetOldest();
      save();
    },
    survived(key) {
      if (deaths.delete(key)) save();
    },
    parked: () => [...deaths].filter(([, count]) => count >= maxDeaths).map(([key]) => key),
    release(key) {
      const wasParked = (deaths.get(key) ?? 0) >= maxDeaths;
      if (deaths.delete(key)) save();
      return wasParked;
    },
    async keepIn(opened) {
      const kept = await opened.readState(stateName);
      for (const [key, count] of kept === undefined ? [] : decode(kept)) {
        deaths.set(key, (deaths.get(key) ?? 0) + count);
      }
      store = opened;
    },
    saved: () => saving,
  };
}

/** A document that has died so often is parked. */
const maxDeaths = 2;

/** Each costs a worker its life first, so only an attack comes near; the record is rewritten as a whole. */
const maxRemembered = 4096;

const stateName = 'parked-documents';

function encode(deaths: ReadonlyMap<DocumentKey, number>): Uint8Array {
  return utf8Encode(JSON.stringify([...deaths]));
}

/** What cannot be read was never written: its documents cost two workers more. */
function decode(bytes: Uint8Array): readonly (readonly [DocumentKey, number])[] {
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes));
    return Array.isArray(value) ? value.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is readonly [DocumentKey, number] {
  if (!Array.isArray(value)) return false;
  const [key, count]: unknown[] = value;
  return typeof key === 'string' && /^[0-9a-f]{32}$/.test(key) && Number.isSafeInteger(count);
}
