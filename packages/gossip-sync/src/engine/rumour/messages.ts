/** Names one update cluster-wide; opaque here. The same update has the same id on every node. */
export type RumourId = string;

/** A rumour as its machine knows it: the payload stays with the engine. */
export interface Rumour {
  readonly id: RumourId;
  readonly sizeBytes: number;
}

/** A rumour as it travels, with its sender's counter (see `minimisation`). */
export interface RumourMark extends Rumour {
  readonly count: number;
}

/** Whether a contact was of use: `known` is judged at the start of the receiver's cycle. */
export interface RumourOutcome {
  readonly id: RumourId;
  readonly known: boolean;
  /** The receiver's own counter if it is spreading the rumour too, else null. */
  readonly count: number | null;
}

/** Which half of a conversation an outcome judges: what the caller pushed, or what the called one gave. */
export type RumourRole = 'push' | 'pull';

/** Opens a conversation. The engine attaches the payloads of `carried`; `announced` travel by id. */
export interface RumourGossipMessage {
  readonly type: 'gossip';
  /** Echoed by a refusal; 0 where no connection limit is configured. */
  readonly conversation: number;
  readonly carried: readonly RumourMark[];
  readonly announced: readonly RumourMark[];
  /** Asks for what the other side has hot. */
  readonly pull: boolean;
  /** Asks for outcomes. */
  readonly feedback: boolean;
}

/** What the called side has hot; payloads of `carried` attached by the engine. Never sent empty. */
export interface RumourAnswerMessage {
  readonly type: 'answer';
  readonly carried: readonly RumourMark[];
  readonly announced: readonly RumourMark[];
  readonly feedback: boolean;
}

export interface RumourFeedbackMessage {
  readonly type: 'feedback';
  readonly role: RumourRole;
  readonly outcomes: readonly RumourOutcome[];
}

/** Asks for the payloads of announced rumours. */
export interface RumourRequestMessage {
  readonly type: 'request';
  readonly ids: readonly RumourId[];
}

/** The payloads asked for; the engine attaches those it still has and leaves out the other ids. */
export interface RumourPayloadMessage {
  readonly type: 'payload';
  readonly ids: readonly RumourId[];
}

/** The connection limit of this cycle is reached: nothing of the conversation was taken. */
export interface RumourRefuseMessage {
  readonly type: 'refuse';
  readonly conversation: number;
}

export type RumourMessage =
  | RumourGossipMessage
  | RumourAnswerMessage
  | RumourFeedbackMessage
  | RumourRequestMessage
  | RumourPayloadMessage
  | RumourRefuseMessage;
