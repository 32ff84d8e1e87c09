import { limits, utf8Encode } from '@hearsay/core';
import type { Authenticator, ProofRefusal } from '../ports.ts';
import { closeCodes } from '../wire/close-codes.ts';
import type { Interest } from './interest.ts';
import {
  decodeGuestRequest,
  decodeWelcome,
  encodeGuestRequest,
  encodeWelcome,
  type Welcome,
} from './welcome.ts';

/** Cluster that guests and the nodes they call name in their hellos; the node's own comes with its welcome. */
export const guestCluster = 'hearsay-guests';

/** Path of guest links on a node's port. */
export const guestPath = '/replica';

/** Spoken on a guest's socket and nowhere else. */
export const guestSubprotocol = 'hearsay-guest.1';

export interface GuestAuthenticatorDeps {
  readonly interest: Interest;
  /** Asked at every link: tokens expire. Null: none. */
  token(): Promise<string | null>;
  /** The token and the interest do not fit a message. */
  tooLong(reason: string): never;
  /** The node takes the guest in; a refusal is the guest's own. */
  welcomed(welcome: Welcome): ProofRefusal | null;
}

/**
 * The guest's side. It bears a token and does not prove that it holds a secret, so it belongs on `wss://`; the node is who
 * the certificate of its address says.
 */
export function createGuestAuthenticator(deps: GuestAuthenticatorDeps): Authenticator {
  return {
    prove: async () => {
      const request = encodeGuestRequest({ token: await deps.token(), interest: deps.interest });
      const { byteLength } = utf8Encode(request);
      if (byteLength <= limits.peerProofBytes) return request;
      return deps.tooLong(`token and interest take ${byteLength} bytes, of ${limits.peerProofBytes}`);
    },
    verify: async (proof) => {
      const welcome = decodeWelcome(proof);
      return welcome === undefined ? false : (deps.welcomed(welcome) ?? true);
    },
  };
}

export interface HostAuthenticatorDeps {
  readonly cluster: string;
  /** Decides about one guest, once for each link. */
  admit(interest: Interest, token: string | null): Promise<Admission>;
}

/** What a guest may have; refused with a reason that it is told. */
export type Admission =
  | { readonly isAdmitted: true; readonly mayWrite: boolean }
  | {
      readonly isAdmitted: false;
      readonly reason: string;
      /** It may be otherwise soon. */
      readonly isTemporary?: boolean;
    };

/** The node's side of one link to a guest. */
export function createHostAuthenticator({ cluster, admit }: HostAuthenticatorDeps): Authenticator {
  let mayWrite = false;
  return {
    // The guest's request comes first: see the handshake.
    prove: async () => encodeWelcome({ cluster, mayWrite }),
    verify: async (proof) => {
      const request = decodeGuestRequest(proof);
      if (request === undefined)
        return { code: closeCodes.notPermitted, reason: 'not the request of a guest' };
      const admission = await admit(request.interest, request.token);
      if (!admission.isAdmitted) {
        const { reason, isTemporary = false } = admission;
        return { code: isTemporary ? closeCodes.overloaded : closeCodes.notPermitted, reason };
      }
      mayWrite = admission.mayWrite;
      return true;
    },
  };
}
