export { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts';
export { closeCodes } from './close-codes.ts';
export { createHocuspocusSession } from './hocuspocus-session.ts';
export { type Announcement, type PresenceOwner, PresenceRoom } from './presence-room.ts';
export type {
  Channel,
  ClientSession,
  DialectName,
  Permission,
  SessionEffect,
  SessionEvent,
  SubmitOutcome,
} from './session.ts';
export { createSession, presenceFrame, type SocketRequest, updateFrame } from './sniff.ts';
export { WaitingRoom } from './waiting-room.ts';
export { createYWebsocketSession } from './y-websocket-session.ts';
