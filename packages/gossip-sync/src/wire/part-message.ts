/** A piece of a long frame: small frames pass between the pieces. Of one lane they come in order, one frame after the other. */
export interface PartMessage {
  readonly type: 'part';
  readonly lane: 'news' | 'bulk';
  /** The frame is whole with this piece. */
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

/** Bytes of one piece: a second on a line of 256 kbit/s. */
export const maxPartBytes = 32_768;

/** The first version of the protocol that has parts. */
export const partsSince = 2;
