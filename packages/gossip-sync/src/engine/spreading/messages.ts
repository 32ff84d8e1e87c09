import type { DocumentChange } from '../../ports.ts';
import type {
  RumourAnswerMessage,
  RumourFeedbackMessage,
  RumourGossipMessage,
  RumourPayloadMessage,
  RumourRefuseMessage,
  RumourRequestMessage,
} from '../rumour/messages.ts';

/** The payloads of a message's rumours: of `carried`, or of `ids`, in their order. */
interface WithPayloads {
  readonly payloads: readonly DocumentChange[];
}

/** Rumours as they travel: what their machine says, with the payloads it never sees. */
export type SpreadMessage =
  | (RumourGossipMessage & WithPayloads)
  | (RumourAnswerMessage & WithPayloads)
  | (RumourPayloadMessage & WithPayloads)
  | RumourFeedbackMessage
  | RumourRequestMessage
  | RumourRefuseMessage;
