import type { Admission, Interest } from '@hearsay/gossip-sync';

/** Decides what the bearer of a token may keep as a replica: all of what it asks for, or nothing. */
export interface GuestAccess {
  admit(interest: Interest, token: string | null): Promise<Admission>;
}
