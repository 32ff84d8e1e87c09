/**
 * Every bound of the house in one table, with unit and reason. Packages read their bounds here; a bound that an
 * operator may move is configuration with one of these as its default.
 */
export const limits = {
  /** Bytes of UTF-8. LevelDB takes megabytes; people and logs do not. */
  documentNameBytes: 512,
  /** Bytes of UTF-8. A collection name is part of every index record. */
  collectionNameBytes: 128,
  /**
   * Bytes of a stored document that clients may still add to. Whoever opens it gets all of it: one of 60 MB held up everybody else on its
   * node for 2 to 6 s at every join.
   */
  documentBytes: 33_554_432,
  /** Bytes of a stored document up to which it is merged and cut on the main thread: 4 ms. Larger ones are sent to another thread. */
  inlineDocumentBytes: 262_144,
  /** Items of a document that is built in memory, 300 bytes each: of larger ones logs are merged, and there is no JSON. */
  itemsInMemory: 1_000_000,
  /** Bytes of one client message (`ws` default: 100 MiB). Stock clients send whole offline histories at once. */
  clientMessageBytes: 8_388_608,
  /** Bytes of one message of a server: formatting comes in one piece, however large the document. */
  serverMessageBytes: 67_108_864,
  /** Bytes of one peer message. */
  peerMessageBytes: 8_388_608,
  /** Bytes of one update frame to a client: stock clients hang up when a frame takes longer than 30 s. */
  clientFrameBytes: 262_144,
  /** Clocks stay far below 2^53, so that sums of clock and length stay exact. */
  clock: 281_474_976_710_656,
  /** Client ids that Yjs itself draws are 32 bit; y-crdt truncates longer ones (y-crdt#221). */
  clientId: 4_294_967_295,
  /** Distinct clients in one update: a whole document may arrive as one update, so as many as a document may have. */
  clientsPerDocument: 65_536,
  /** Structs in one update. */
  structsPerUpdate: 1_000_000,
  /** Levels of nesting inside a value of type `Any`: 6,000 overflow `toJSON`. */
  anyDepth: 64,
  /** Bytes of buffered output at which a client's updates are coalesced into a later resync. */
  clientBufferSoftBytes: 1_048_576,
  /** Bytes of buffered output at which a client is closed with 1013. */
  clientBufferHardBytes: 4_194_304,
  /** Bytes of buffered output to a peer at which bulk traffic waits. */
  peerBufferSoftBytes: 1_048_576,
  /** Bytes of buffered output to a peer at which its link is closed and repair takes over. */
  peerBufferHardBytes: 16_777_216,
  /** Questions to the store that one peer may have under way: more than a sync takes in at once, fewer than would hold up all others. */
  linkQuestions: 64,
  /** Milliseconds of each second that the event loop works for one peer on average; beyond, the peer is read more slowly. */
  linkProcessorMs: 500,
  /** Milliseconds in which nothing comes over a link after which it is dead: half-open TCP would last for hours. */
  linkSilenceMs: 45_000,
  /** Bytes of mail kept on disk for an absent peer; beyond, the oldest is dropped, counted and left to repair. */
  mailQueueBytes: 16_777_216,
  /** Documents named in one peer message. */
  documentsPerMessage: 512,
  /** Bytes of a client's token: JSON Web Tokens with many claims stay below. */
  tokenBytes: 16_384,
  /** Bytes of a proof between peers; of a guest: its token and what it asks for, together. */
  peerProofBytes: 4096,
  /** Clients of ended lives that a document is remembered by: 640 bytes, written with every edit. Others' edits are not known by them. */
  endedClients: 128,
  /** Collections that one guest keeps: what it asks for has to fit its first message. */
  guestCollections: 16,
  /** Documents that one client socket may have open. */
  clientDocuments: 1000,
  /** Bytes that one client socket may send ahead of its login: as many as @hocuspocus/server 4.3 keeps. */
  clientWaitingBytes: 5_242_880,
  /** Bytes that all client sockets together may send ahead of their logins, as they are kept. */
  clientsWaitingBytes: 67_108_864,
  /** Bytes of a first question that is kept for the login after a refused one. */
  clientRefusedBytes: 16_384,
  /** Bytes of messages that have not arrived whole yet, over all client sockets: sixteen of the largest. */
  clientsUnfinishedBytes: 134_217_728,
  /** Bytes of output that clients have not taken for a second, over all of them. */
  clientsBufferedBytes: 268_435_456,
  /** Messages that one client socket may send ahead of its login. */
  clientWaitingMessages: 1000,
  /** Bytes of one awareness state. */
  awarenessStateBytes: 4096,
  /** Awareness entries in one client message. */
  awarenessEntries: 1024,
} as const;
