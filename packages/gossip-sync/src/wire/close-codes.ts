/**
 * Why a link between peers is closed: WebSocket close codes. 44xx stays true until somebody changes a configuration, so
 * the dialler comes back only seldom; 45xx and the standard ones pass, so it comes back soon. What {@link isOddFrame} tells may be
 * either.
 */
export const closeCodes = {
  /** The link is not needed any more. */
  released: 1000,
  /** The node stops, or leaves the cluster. */
  goingAway: 1001,

  /** The peer's proof of the cluster secret does not hold. */
  wrongSecret: 4401,
  /** A message other than the hello and the proof came before authentication. */
  unauthenticated: 4402,
  /** The peer belongs to another cluster. */
  wrongCluster: 4403,
  /** A guest may not have what it asks for, or may not come in at all. */
  notPermitted: 4407,
  /** The address leads back to the node that dialled it. */
  self: 4408,
  /** Another running node has this replica id: a data directory was copied. */
  duplicateReplica: 4409,
  /** The peer's incarnation is older than one already seen: its store is a restored backup. */
  restoredBackup: 4410,
  /** A store older than deletions are remembered is not merged with any other. */
  replicaTooOld: 4411,
  /** A message is longer than allowed. */
  messageTooBig: 4413,
  /** A message does not decode, or its type is unknown and not optional. */
  invalidMessage: 4422,
  /** No version of the protocol is spoken by both. */
  versionUnsupported: 4426,
  /** The clocks of the two are further apart than a proof is good for. */
  clockSkew: 4431,

  /** The store failed; the node needs attention but may come back. */
  storeFailed: 4503,
  /** The handshake took longer than allowed. */
  handshakeTimeout: 4504,
  /** The cluster has given the peer up; if it lives it will say so over a new link. */
  givenUp: 4505,
  /** Another link to the same peer is kept. */
  duplicateLink: 4508,
  /** The checksum of a message is wrong: something between the peers damages bytes. */
  damagedMessage: 4521,
  /** The peer takes in too slowly what it is sent; repair brings what it missed. */
  notReading: 4528,
  /** The peer sends more than it was allowed to. */
  flooding: 4529,
  /** The node cannot take one more guest. */
  overloaded: 4530,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** Whether one of the two sides chose to end the link: nothing follows about its health. */
export function isDeliberate(code: number): boolean {
  return code === closeCodes.released || code === closeCodes.goingAway || code >= 4400;
}

/** Whether one frame was not what it should be: once that is an accident of the network, again and again it is a peer that speaks otherwise. */
export function isOddFrame(code: number): boolean {
  const odd: readonly number[] = [
    closeCodes.unauthenticated,
    closeCodes.messageTooBig,
    closeCodes.invalidMessage,
  ];
  return odd.includes(code);
}

/** Whether redialling soon is pointless. */
export function isPermanent(code: number): boolean {
  return code >= 4400 && code < 4500;
}
