import type { Interest } from './interest.ts';
import { toInterest } from './interest.ts';

/** What a guest says for its proof: who it is for the application, and what it wants to keep. */
export interface GuestRequest {
  /** As the application gave it; null: nobody in particular. */
  readonly token: string | null;
  readonly interest: Interest;
}

/** What the node answers for its own. */
export interface Welcome {
  readonly cluster: string;
  /** Whether the guest's edits are taken. */
  readonly mayWrite: boolean;
}

export function encodeGuestRequest({ token, interest }: GuestRequest): string {
  const { collections, prefix } = interest;
  return JSON.stringify({ token, collections, prefix });
}

/** Undefined for anything that is not a request. */
export function decodeGuestRequest(text: string): GuestRequest | undefined {
  const { token, collections, prefix } = toRecord(text);
  const interest = toInterest(collections, prefix);
  if (!interest.ok || (token !== null && typeof token !== 'string')) return undefined;
  return { token, interest: interest.value };
}

export function encodeWelcome({ cluster, mayWrite }: Welcome): string {
  return JSON.stringify({ cluster, mayWrite });
}

/** Undefined for anything that is not a welcome. */
export function decodeWelcome(text: string): Welcome | undefined {
  const { cluster, mayWrite } = toRecord(text);
  if (typeof cluster !== 'string' || typeof mayWrite !== 'boolean') return undefined;
  return { cluster, mayWrite };
}

function toRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
