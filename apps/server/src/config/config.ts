/** What a node needs to know to run. Everything is decided and checked; no field is optional by accident. */
export interface Config {
  /** TCP port for clients, peers and HTTP; 0 lets the system choose. */
  readonly port: number;
  /** TCP port of its own for questions after health; undefined: none, 0 lets the system choose. */
  readonly healthPort: number | undefined;
  /** Address to bind. */
  readonly host: string;
  /** Directory of the store. */
  readonly data: string;
  /** Addresses of nodes to meet first, `ws://host:port/peer`. Any one that answers is enough. */
  readonly join: readonly string[];
  /** Name of the cluster; nodes of different clusters refuse each other. */
  readonly cluster: string;
  /**
   * Shared by the nodes of a cluster; without one, no peer is let in. While it is changed for another there are several,
   * one a line: the first proves, all are taken.
   */
  readonly secret: string | undefined;
  /** File that holds it. */
  readonly secretFile: string | undefined;
  /** Where peers reach this node; learnt from host and port when not given. */
  readonly advertise: string | undefined;
  /** File of the certificate chain that this node shows (PEM); with one it speaks TLS alone. */
  readonly tlsCert: string | undefined;
  /** File of its private key (PEM). */
  readonly tlsKey: string | undefined;
  /** File of the authorities that have to have signed the certificates of peers (PEM). */
  readonly peerCa: string | undefined;
  /** Where this node stands, for acknowledgement levels and the choice of partners. */
  readonly region: string;
  /** `synced`: updates are shown and acknowledged once on disk. `buffered`: once handed to the system. */
  readonly durability: Durability;
  /** Milliseconds between two repair exchanges. */
  readonly repairInterval: number;
  readonly repairMode: RepairMode;
  /** Other settings of the gossip engine, as `rumour.k=4`. */
  readonly gossip: readonly string[];
  /** Whether strangers may use a node that listens beyond loopback. */
  readonly allowAnonymous: boolean;
  /** Checks tokens (HS256); shared with whoever mints them. */
  readonly tokenSecret: string | undefined;
  readonly tokenSecretFile: string | undefined;
  /** File or address of the public keys that tokens are checked with (EdDSA). */
  readonly tokenKeys: string | undefined;
  readonly tokenIssuer: string | undefined;
  readonly tokenAudience: string | undefined;
  /** Seconds from its issue in which a token has to end. */
  readonly tokenMaxAge: number;
  /** Whether a token may come in the address of a socket. */
  readonly tokenInUrl: boolean;
  /** Browser origins that may connect, beside this node's own; `*` for all. */
  readonly allowOrigin: readonly string[];
  /** Values of the Host header that are served; `*` for all. */
  readonly allowHost: readonly string[];
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[];
  /** Open client connections, in all. */
  readonly maxConnections: number;
  /** Milliseconds that a client waits to be let in before it is told to come back later. */
  readonly arrivalWait: number;
  /** Open connections of one address; loopback is exempt. */
  readonly maxConnectionsPerIp: number;
  /** Sockets that one user is logged in on. */
  readonly maxConnectionsPerUser: number;
  /** New documents of one address, and of one user, per minute; loopback is exempt; 0: any number. */
  readonly maxNewDocuments: number;
  /** Documents of a collection above which clients begin none; 0: any number. */
  readonly maxCollectionDocuments: number;
  /** Bytes of a stored document above which clients add nothing to it; 0: any number. */
  readonly maxDocumentBytes: number;
  /** Bytes of one client message. */
  readonly maxMessageBytes: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Documents read in a second in search of damage; 0: none. */
  readonly scrubRate: number;
  /** Milliseconds that contents of deleted documents are kept; 0: not at all. */
  readonly undeleteWindow: number;
  /** Milliseconds that death certificates are in force on every node. */
  readonly certificateTime: number;
  /** Milliseconds after which they are forgotten where they rest. */
  readonly certificateRest: number;
  /** Members that keep a resting certificate. */
  readonly certificateHolders: number;
  /** Whether a store that was away for longer than `certificateTime` is opened all the same. */
  readonly acceptAbsence: boolean;
  /** Whether a store that lost the last of what it held is opened all the same, as another replica. */
  readonly acceptLoss: boolean;
  /** Milliseconds that a stop may take. */
  readonly stopTimeout: number;
}

export type Durability = 'synced' | 'buffered';
export type RepairMode = 'push' | 'pull' | 'push-pull';
export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
export type LogFormat = 'auto' | 'json' | 'pretty';
